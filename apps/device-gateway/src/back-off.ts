import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '@edgeflow/contracts';

const FIRST_MS = 200;
const LONGEST_MS = 10_000;

/** How long to wait before try `n` (1, 2, …), in milliseconds: doubling, at most 10 s, half of it random so that a fleet spreads. */
export function backOffMs(n: number): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** (n - 1));
  return longest / 2 + Math.random() * (longest / 2);
}

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
): Promise<T | undefined> {
  for (let n = 1; ; n++) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error) || n >= tries) throw error;
    }
    await sleep(backOffMs(n), undefined, { ref: false });
    if (!wanted()) return undefined;
  }
}
