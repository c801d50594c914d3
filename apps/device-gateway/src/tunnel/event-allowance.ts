/** What a device may still have written: so many events were left at `at` (milliseconds). Below zero it has had more than its share. */
export interface Allowance {
  events: number;
  at: number;
}

const MINUTE_MS = 60_000;

/**
 * A whole allowance. Half of what a device may have in a minute comes at once, the other half in the course of the minute, so that no
 * minute ever has more.
 */
export function wholeAllowance(per_minute: number, at: number): Allowance {
  return { events: per_minute / 2, at };
}

export function isWhole(allowance: Allowance, per_minute: number, at: number): boolean {
  return refilled(allowance, per_minute, at).events >= per_minute / 2;
}

/** What is left after `events`, which leave `keep` untouched; undefined when there are not so many. */
export function spend(
  allowance: Allowance,
  events: number,
  { per_minute, at, keep = 0 }: { per_minute: number; at: number; keep?: number },
): Allowance | undefined {
  const now = refilled(allowance, per_minute, at);
  return now.events - keep >= events ? { ...now, events: now.events - events } : undefined;
}

/** What is left after what has to be written anyway. */
export function owe(allowance: Allowance, events: number, per_minute: number, at: number): Allowance {
  const now = refilled(allowance, per_minute, at);
  return { ...now, events: now.events - events };
}

/** When there will be so many, in milliseconds. */
export function dueAt({ events, at }: Allowance, wanted: number, per_minute: number): number {
  return at + Math.max(0, wanted - events) * (MINUTE_MS / (per_minute / 2));
}

function refilled({ events, at }: Allowance, per_minute: number, now: number): Allowance {
  const half = per_minute / 2;
  const elapsed_ms = Math.max(0, now - at);
  return { events: Math.min(half, events + (elapsed_ms * half) / MINUTE_MS), at: Math.max(at, now) };
}
