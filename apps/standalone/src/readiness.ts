import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '@edgeflow/embedded';

const PAUSE_MS = 100;
const REQUEST_MS = 5_000;

/**
 * Waits until a server answers at all, whatever it says.
 * @throws Error when it ends first, or after `timeout_ms`
 */
export async function ready(name: string, url: string, timeout_ms: number, exited: Promise<Exit>): Promise<void> {
  let ended = false;
  void exited.then(() => (ended = true));
  for (const until = Date.now() + timeout_ms; Date.now() < until; await sleep(PAUSE_MS)) {
    if (ended) throw new Error(`${name} ended while it started: its log says why`);
    if (await answer(url)) return;
  }
  throw new Error(`${name} did not answer within ${timeout_ms / 1000} s`);
}

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
  for (const until = Date.now() + timeout_ms; Date.now() < until; await sleep(PAUSE_MS, undefined, { signal })) {
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
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_MS) });
    return { status: response.status, body: await response.text() };
  } catch {
    return undefined;
  }
}
