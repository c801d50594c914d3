import { AlreadyAppended, Conflict } from '../errors.js';

/**
 * How often a decision is made before its author is told that the streams do not come to rest. Many gateways may let devices in with the same
 * claim at once, and each round has one winner at least.
 */
export const DECISIONS_MAX = 20;

/** True when an append was not stored since a stream had moved on: whoever reads it again may decide again. */
export function hasMovedOn(error: unknown): error is Conflict | AlreadyAppended {
  return error instanceof Conflict || error instanceof AlreadyAppended;
}

/**
 * Reads, decides and appends; again, at most `DECISIONS_MAX` times in all, when somebody else was faster.
 * @param attempt does all three, from streams as they are then; told which attempt it is, from 1 on
 * @throws what `attempt` throws, the last time also `Conflict` or `AlreadyAppended`
 */
export async function onFreshStreams<T>(attempt: (n: number) => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt(n);
    } catch (error) {
      if (!hasMovedOn(error) || n === DECISIONS_MAX) throw error;
    }
  }
}
