import { Refused } from '@edgeflow/contracts';
import { timeoutSignal, type Clock } from '@edgeflow/runtime';
import { failureOf } from './failures.js';

/** Small questions are answered in this time or not at all, in milliseconds; retries included. */
export const ANSWER_MS = 8_000;
/** Between two looks at a store that is being written to, and how long each may take, in milliseconds. */
const LOOK_MS = 3_000;
/** So many looks without an answer, one after the other, and the store is taken to hang. */
const UNANSWERED = 2;
/** A body that is being read stands still for so long at most, in milliseconds. */
const STILL_MS = 15_000;

/** For a command: the time in which its answer has to be here, its body too. */
export function soon(clock: Clock): { abortSignal: AbortSignal } {
  return { abortSignal: timeoutSignal(clock, ANSWER_MS) };
}

/**
 * Does long work on the store, of which nobody can say how long it is silent (a server joins the parts of a large object without a word),
 * as long as the store answers small questions meanwhile.
 * @param ask a small question
 * @param work ends when its signal does
 * @throws Refused `storage-unavailable` when the store hangs
 */
export async function whileAnswering<T>(
  ask: (signal: AbortSignal) => Promise<unknown>,
  work: (signal: AbortSignal) => Promise<T>,
  { clock, look_ms = LOOK_MS }: { clock: Clock; look_ms?: number },
): Promise<T> {
  const hung = new AbortController();
  const done = new AbortController();
  const watching = watch(ask, hung, { done: done.signal, clock, look_ms });
  try {
    return await work(hung.signal);
  } catch (error) {
    throw hung.signal.aborted ? hung.signal.reason : error;
  } finally {
    done.abort();
    await watching;
  }
}

async function watch(
  ask: (signal: AbortSignal) => Promise<unknown>,
  hung: AbortController,
  { done, clock, look_ms }: { done: AbortSignal; clock: Clock; look_ms: number },
): Promise<void> {
  for (let unanswered = 0; !done.aborted;) {
    await clock.sleep(look_ms, { signal: done });
    if (done.aborted) return;
    const isThere = await ask(AbortSignal.any([done, timeoutSignal(clock, look_ms)])).then(
      () => true,
      () => false,
    );
    unanswered = isThere ? 0 : unanswered + 1;
    if (unanswered === UNANSWERED && !done.aborted) return hung.abort(notAnswering());
  }
}

/** The chunks of a body. @throws Refused `storage-unavailable` when none comes for long */
export async function* moving(
  body: AsyncIterable<Uint8Array>,
  { clock, still_ms = STILL_MS }: { clock: Clock; still_ms?: number },
): AsyncGenerator<Uint8Array> {
  const reader = body[Symbol.asyncIterator]();
  for (;;) {
    const still = Promise.withResolvers<never>();
    const stop = clock.after(still_ms, () => still.reject(notAnswering()), { ref: false });
    const next = await Promise.race([reader.next(), still.promise]).finally(stop);
    if (next.done) return;
    yield next.value;
  }
}

/** A body that broke off on its way is the store's failure, in the words of all its failures. */
export async function* unbroken(body: AsyncIterable<Uint8Array>, clock: Clock): AsyncGenerator<Uint8Array> {
  try {
    yield* moving(body, { clock });
  } catch (error) {
    throw failureOf(error);
  }
}

function notAnswering(): Refused {
  return new Refused('storage-unavailable', 'The object store does not answer (it stands still)');
}
