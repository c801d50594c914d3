import { retryAfterOf } from './api-error.js';
import type { Platform } from './platform.js';

/** How requests leave: `fetch` itself, or one that trusts an authority of its own (node.ts). */
export type Fetch = (request: Request) => Promise<Response>;

/** How often, and how late, a request is tried again that was refused with 429 or 503. */
export interface Retry {
  /** Tries in all; 1 is no retry. */
  tries: number;
  /** The longest wait before another try, in seconds, whatever the answer says. */
  wait_max_s: number;
}

/** What an answer that does not say it waits for, in seconds. */
const WAIT_S = 1;
const PASSING = new Set([429, 503]);

/**
 * Tries again what may pass, not sooner than the answer says: what reads, what names its own outcome (PUT, DELETE), and what has an
 * Idempotency-Key. Anything else may have been done already (docs/faults.md).
 */
export function retrying(send: Fetch, { tries, wait_max_s }: Retry, clock: Platform['clock']): Fetch {
  return async (request) => {
    if (!isRepeatable(request)) return send(request);
    for (let left = tries - 1; ; left -= 1) {
      const response = await send(left > 0 ? request.clone() : request);
      if (left <= 0 || !PASSING.has(response.status)) return response;
      await response.body?.cancel();
      const { signal } = request;
      await clock.sleep(Math.min(retryAfterOf(response.headers) ?? WAIT_S, wait_max_s) * 1000, { signal });
      signal.throwIfAborted();
    }
  };
}

function isRepeatable({ method, headers }: Request): boolean {
  return method !== 'POST' || headers.has('idempotency-key');
}
