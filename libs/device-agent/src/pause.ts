import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits `ms` milliseconds, or until the signal aborts. An abort ends the wait early and is no error: whoever waits looks at
 * the signal afterwards anyway.
 */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
