import type { MaintenanceWindow } from '@edgeflow/contracts';
import { windowAt } from './window.js';

/** How far it is looked for a time at which windows are open together: rare ones open once a year. */
const HORIZON_MS = 366 * 86_400_000;
/** How often windows may close on each other before it is taken that they never are. */
const STEPS_MAX = 500;

/**
 * The first time from one on at which all windows are open; that time itself where they are, or there are none. Undefined when they have none in
 * common within a year, or one cannot be read: a request that came past all checks is no reason to throw.
 */
export function commonOpening(windows: readonly MaintenanceWindow[], from: Date): Date | undefined {
  try {
    return firstCommon(windows, from);
  } catch {
    return undefined;
  }
}

function firstCommon(windows: readonly MaintenanceWindow[], from: Date): Date | undefined {
  let at = from;
  for (let n = 0; n < STEPS_MAX && at.getTime() - from.getTime() <= HORIZON_MS; n++) {
    const closed = windows.map((window) => windowAt(window, at)).filter((state) => !state.open);
    if (closed.length === 0) return at;
    const openings = closed.map(({ opens_at }) => (opens_at === null ? Infinity : Date.parse(opens_at)));
    const next = Math.max(...openings);
    if (next === Infinity) return undefined;
    at = new Date(next);
  }
  return undefined;
}
