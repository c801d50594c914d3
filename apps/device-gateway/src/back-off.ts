import { Refused } from '@edgeflow/contracts';
import type { Machine } from '@edgeflow/runtime';
import { backoff } from '@edgeflow/telemetry';

/** True for an outage of something that we depend on, or for an organization that has used up its budget: it passes by itself. */
export function isOutage(error: unknown): boolean {
  return error instanceof Refused && (error.status === 503 || error.code === 'too-many-requests');
}

export interface Patience {
  /** Asked before every further try. */
  wanted: () => boolean;
  /** Tries altogether; default: no end. */
  tries?: number;
}

/**
 * Does `work` again, with back-off, while it fails for an outage.
 * @returns its result; undefined when it was not wanted any more
 * @throws what `work` threw, when that is no outage or the tries are used up
 */
export async function outlasting<T>(
  work: () => Promise<T>,
  { wanted, tries = Infinity }: Patience,
  { clock, entropy }: Machine,
): Promise<T | undefined> {
  for (let n = 1; ; n++) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error) || n >= tries) throw error;
    }
    await clock.sleep(backoff(n, entropy), { ref: false });
    if (!wanted()) return undefined;
  }
}
