import { deviceKey } from '../../devices/device-address.js';
import type { Refusal } from '../../devices/refusal.js';

/** The same thing refused to the same device, again and again: how often, since when and how it was worded last. Times in milliseconds. */
export interface Streak {
  refusal: Refusal;
  count: number;
  since: number;
  last: number;
}

/** A device that was refused nothing for so long begins a new streak, in milliseconds. */
export const QUIET_MS = 3_600_000;

/** The streak after one more refusal. */
export function continued(streak: Streak | undefined, refusal: Refusal, at: number): Streak {
  if (!streak || hasEnded(streak, at)) return { refusal, count: 1, since: at, last: at };
  return { refusal, count: streak.count + 1, since: streak.since, last: at };
}

export function hasEnded({ last }: Streak, at: number): boolean {
  return at - last > QUIET_MS;
}

/** What makes refusals one streak: of whom, of what, and why. */
export function streakKey({ device, what, code }: Refusal): string {
  return `${device ? deviceKey(device) : ''} ${what} ${code}`;
}
