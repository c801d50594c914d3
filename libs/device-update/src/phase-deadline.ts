import type { Decision, PhaseDeadlines } from '@edgeflow/contracts';
import { endsAt, exceeded, pastDeadline } from './deadline.js';
import type { OpenUpdate } from './device-update.state.js';
import { toldAgainAt } from './postponement.js';
import type { UpdateFact } from './answers.js';

/** The limit of the phase that an open update is in, and when it runs out, in milliseconds since 1970; undefined without one. */
function phaseLimit(update: OpenUpdate): { phase: string; seconds: number; ends_ms: number } | undefined {
  // That it tries the new version is no phase of its own.
  if (update.status !== 'dispatched' || update.unconfirmed) return undefined;
  const limits: PhaseDeadlines = update.plan.deadlines ?? {};
  const { phase = 'downloading', phase_at } = update; // A device that says nothing yet is taken to download.
  const seconds = limits[`${phase}_s`];
  return seconds === undefined ? undefined : { phase, seconds, ends_ms: Date.parse(phase_at) + seconds * 1000 };
}

/**
 * When time alone makes a decision on an open update due, ISO 8601: its phase has lasted too long, or all of it, or it was put off until then.
 * @param isOnline false for a device that cannot be told of what it has put off: it is told when it comes
 */
export function wakesAt(update: OpenUpdate, isOnline = true): string | undefined {
  const limit = phaseLimit(update);
  const again = isOnline ? toldAgainAt(update) : undefined;
  const all = [limit && new Date(limit.ends_ms).toISOString(), endsAt(update), again];
  const times = all.filter((time) => time !== undefined);
  return times.sort()[0];
}

/** The end of an update that lasts too long, or whose phase does; undefined while neither does. @param at the log's time */
export function overdue(update: OpenUpdate, at: Date): Decision<UpdateFact> | undefined {
  const limit = phaseLimit(update);
  if (update.status !== 'dispatched' || !limit || limit.ends_ms > at.getTime()) return pastDeadline(update, at);
  return exceeded(update, `The device was ${limit.phase} for longer than ${limit.seconds} s.`);
}
