import type { MaintenanceWindow } from '@edgeflow/contracts';
import { commonOpening } from '@edgeflow/rollout';

interface Found {
  from: number;
  opening: Date | undefined;
}

/** To find that windows have no time in common takes a while, and is asked of the same ones again and again. */
const found = new Map<string, Found>();
const FOUND_MAX = 1_000;
/** Whether there is such a time within a year is asked as of the beginning of a span of so many milliseconds. */
const NEVER_HOLDS_MS = 3_600_000;

/** `commonOpening`, looked for once as long as the answer is the same. What was asked before makes no difference to an answer. */
export function openingTogether(windows: readonly MaintenanceWindow[], at: Date): Date | undefined {
  const key = JSON.stringify(windows.map(({ cron, duration_s, time_zone }) => [cron, duration_s, time_zone]));
  const before = found.get(key);
  if (before && holds(before, at.getTime())) return before.opening;
  const now = look(windows, at);
  if (found.size >= FOUND_MAX) found.clear();
  found.set(key, now);
  return now.opening;
}

function look(windows: readonly MaintenanceWindow[], at: Date): Found {
  const began = Math.floor(at.getTime() / NEVER_HOLDS_MS) * NEVER_HOLDS_MS;
  if (!commonOpening(windows, new Date(began))) return { from: began, opening: undefined };
  return { from: at.getTime(), opening: commonOpening(windows, at) };
}

function holds({ from, opening }: Found, at: number): boolean {
  return from <= at && (opening ? at <= opening.getTime() : at < from + NEVER_HOLDS_MS);
}
