import { systemClock, timeoutSignal } from '@edgeflow/runtime';

const PAUSE_MS = 100;
const REQUEST_MS = 5_000;
const { sleep, steady_ms } = systemClock;

/** What waits for somebody's decision and for nothing else: the product is up without it, for who decides. */
const UNDECIDED = /"(?:nothing may be written: )?(?:checkpoint-ahead|stream-recreated): [^"]*"/;

/**
 * Waits until `/readyz` of a service says 200, or what somebody has to decide about the log.
 * @returns what is to be decided; undefined for nothing
 * @throws Error with what the service said last, after `timeout_ms`, or the signal's reason
 */
export async function serviceReady(
  name: string,
  url: string,
  timeout_ms: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  let last = 'no answer';
  for (const until = steady_ms() + timeout_ms; steady_ms() < until; await sleep(PAUSE_MS, { signal })) {
    signal.throwIfAborted();
    const answered = await answer(`${url}/readyz`);
    if (answered?.status === 200) return undefined;
    const [undecided] = UNDECIDED.exec(answered?.body ?? '') ?? [];
    if (undecided !== undefined) return undecided.slice(1, -1);
    if (answered) last = `${answered.status} ${answered.body}`;
  }
  throw new Error(`${name} was not ready after ${timeout_ms / 1000} s: ${last}`);
}

async function answer(url: string): Promise<{ status: number; body: string } | undefined> {
  try {
    const response = await fetch(url, { signal: timeoutSignal(systemClock, REQUEST_MS) });
    return { status: response.status, body: await response.text() };
  } catch {
    return undefined;
  }
}
