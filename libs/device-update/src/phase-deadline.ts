import type { PhaseDeadlines } from '@edgeflow/contracts';
import { exceeded, pastDeadline, sweepAt } from './deadline.js';
import type { OpenUpdate } from './device-lane.js';
import type { Decision } from './device-update.decider.js';

type Dispatched = Extract<OpenUpdate, { status: 'dispatched' }>;

function limitOf({ plan, phase }: Dispatched): { phase: string; seconds: number } | undefined {
  const limits: PhaseDeadlines = plan.deadlines ?? {};
  const name = phase ?? 'downloading'; // A device that says nothing yet is taken to download.
  const seconds = limits[`${name}_s`];
  return seconds === undefined ? undefined : { phase: name, seconds };
}

/** When time alone makes a decision on an open update due, ISO 8601: its phase has lasted too long, or all of it. */
export function wakesAt(update: OpenUpdate): string | undefined {
  const times = [phaseEndsAt(update), sweepAt(update)].filter((time) => time !== undefined);
  return times.sort()[0];
}

/** When the phase of an open update has lasted as long as it may; undefined without a limit. */
function phaseEndsAt(update: OpenUpdate): string | undefined {
  if (update.status !== 'dispatched') return undefined;
  const limit = limitOf(update);
  return limit && new Date(Date.parse(update.phase_at) + limit.seconds * 1000).toISOString();
}

/** The end of an update that lasts too long, or whose phase does; undefined while neither does. @param at the log's time */
export function overdue(update: OpenUpdate, at: Date): Decision | undefined {
  const ends = phaseEndsAt(update);
  if (update.status !== 'dispatched' || ends === undefined || Date.parse(ends) > at.getTime()) {
    return pastDeadline(update, at);
  }
  const limit = limitOf(update);
  return exceeded(update, `The device was ${limit?.phase} for longer than ${limit?.seconds} s.`);
}
