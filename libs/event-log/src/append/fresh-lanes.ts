import { AlreadyAppended, Conflict } from '../errors.js';

/** How often a decision is made before its author is told that the lanes do not come to rest (DESIGN.md section 3). */
const ATTEMPTS = 5;

/** True when an append was not stored since a lane had moved on: whoever reads it again may decide again. */
export function hasMovedOn(error: unknown): error is Conflict | AlreadyAppended {
  return error instanceof Conflict || error instanceof AlreadyAppended;
}

/**
 * Reads, decides and appends; again, five times at most, when somebody else was faster.
 * @param attempt does all three, from lanes as they are then
 * @throws what `attempt` throws, the last time also `Conflict` or `AlreadyAppended`
 */
export async function onFreshLanes<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      if (!hasMovedOn(error) || n === ATTEMPTS) throw error;
    }
  }
}
