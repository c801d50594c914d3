import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '@edgeflow/contracts';

/** Small questions are answered in this time or not at all, in milliseconds; retries included. */
export const ANSWER_MS = 8_000;
/** Between two looks at a store that is being written to, and how long each may take, in milliseconds. */
const LOOK_MS = 3_000;
/** So many looks without an answer, one after the other, and the store is taken to hang. */
const UNANSWERED = 2;
/** A body that is being read stands still for so long at most, in milliseconds. */
const STILL_MS = 15_000;

/** For a command: the time in which its answer has to be here, its body too. */
export function soon(): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(ANSWER_MS) };
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
  look_ms = LOOK_MS,
): Promise<T> {
  const hung = new AbortController();
  const done = new AbortController();
  const watching = watch(ask, hung, { done: done.signal, look_ms });
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
  { done, look_ms }: { done: AbortSignal; look_ms: number },
): Promise<void> {
  for (let unanswered = 0; !done.aborted;) {
    await sleep(look_ms, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted) return;
    const isThere = await ask(AbortSignal.any([done, AbortSignal.timeout(look_ms)])).then(
      () => true,
      () => false,
    );
    unanswered = isThere ? 0 : unanswered + 1;
    if (unanswered === UNANSWERED && !done.aborted) return hung.abort(notAnswering());
  }
}

/** The chunks of a body. @throws Refused `storage-unavailable` when none comes for long */
export async function* moving(body: AsyncIterable<Uint8Array>, still_ms = STILL_MS): AsyncGenerator<Uint8Array> {
  const reader = body[Symbol.asyncIterator]();
  for (;;) {
    const still = new AbortController();
    const late = sleep(still_ms, undefined, { signal: still.signal, ref: false }).then(() => {
      throw notAnswering();
    });
    late.catch(() => undefined);
    try {
      const next = await Promise.race([reader.next(), late]);
      if (next.done) return;
      yield next.value;
    } finally {
      still.abort();
    }
  }
}

function notAnswering(): Refused {
  return new Refused('storage-unavailable', 'The object store does not answer (it stands still)');
}
