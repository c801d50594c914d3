import type { DevicePlatform } from '../device-platform.js';
import type { Clock } from '@edgeflow/runtime';

/** Between two questions whether the version stays, in milliseconds. */
const ASK_AGAIN_MS = 5_000;

/**
 * Has an agent say hello again as soon as its boot loader cannot take back any more what runs; of a device that does not know, or whose version stays,
 * there is nothing to say. Settles then, or when the signal aborts.
 * @param every_ms between two questions
 */
export async function sayOnceConfirmed(
  agent: { sayAgain(): Promise<void> },
  platform: Pick<DevicePlatform, 'running'>,
  signal: AbortSignal,
  { clock, every_ms = ASK_AGAIN_MS }: { clock: Clock; every_ms?: number },
): Promise<void> {
  if ((await platform.running()).confirmed !== false) return;
  while (!signal.aborted) {
    await clock.sleep(every_ms, { signal });
    if (!signal.aborted && (await platform.running()).confirmed !== false) return agent.sayAgain();
  }
}
