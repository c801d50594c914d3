/** Between which waits a retry chooses, in seconds; the cloud's `welcome` carries one for the tunnel. */
export interface Window {
  min_s: number;
  max_s: number;
}

/** Where the cloud has not named one. */
export const FIRST_WINDOW: Window = { min_s: 1, max_s: 60 };

/** No wait is shorter than this, in milliseconds, whatever a window says: a window of nothing must not become a busy loop. */
export const SHORTEST_WAIT_MS = 50;

/** The longest wait that attempt number `attempt` (0, 1, …) may get, in seconds: doubling from `min_s` (at least 1 s) to `max_s`. */
export function ceilingOf(attempt: number, { min_s, max_s }: Window): number {
  return Math.max(min_s, Math.min(max_s, Math.max(min_s, 1) * 2 ** attempt));
}

/**
 * Exponential back-off with full jitter (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015): uniform
 * between the window's lower end and the attempt's ceiling.
 * @param random uniform in [0, 1)
 * @returns milliseconds
 */
export function backoffMs(attempt: number, window: Window, random: () => number): number {
  return spreadMs({ min_s: window.min_s, max_s: ceilingOf(attempt, window) }, random);
}

/** Uniform over the whole window: what spreads a fleet that lost its gateway at one moment. In milliseconds. */
export function spreadMs({ min_s, max_s }: Window, random: () => number): number {
  const seconds = min_s + random() * Math.max(0, max_s - min_s);
  return Math.max(SHORTEST_WAIT_MS, Math.round(seconds * 1000));
}
