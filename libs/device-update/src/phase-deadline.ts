import type { PhaseDeadlines } from '@edgeflow/contracts';
import { nameOf } from './answers.js';
import type { OpenUpdate } from './device-lane.js';
import type { Decision } from './device-update.decider.js';

type Dispatched = Extract<OpenUpdate, { status: 'dispatched' }>;

function limitOf({ plan, phase }: Dispatched): { phase: string; seconds: number } | undefined {
  const limits: PhaseDeadlines = plan.deadlines ?? {};
  const name = phase ?? 'downloading'; // A device that says nothing yet is taken to download.
  const seconds = limits[`${name}_s`];
  return seconds === undefined ? undefined : { phase: name, seconds };
}

/** When the phase of an open update has lasted as long as it may, ISO 8601; undefined without a limit. */
export function wakesAt(update: OpenUpdate): string | undefined {
  if (update.status !== 'dispatched') return undefined;
  const limit = limitOf(update);
  return limit && new Date(Date.parse(update.phase_at) + limit.seconds * 1000).toISOString();
}

/** The end of an update whose phase lasts too long; undefined while it does not. */
export function overdue(update: OpenUpdate, at: Date): Decision | undefined {
  const wakes = wakesAt(update);
  if (update.status !== 'dispatched' || wakes === undefined || Date.parse(wakes) > at.getTime()) return undefined;
  const limit = limitOf(update);
  const detail = `The device was ${limit?.phase} for longer than ${limit?.seconds} s.`;
  return {
    facts: [{ type: 'UpdateFailed', data: { ...nameOf(update.plan), code: 'deadline-exceeded', detail } }],
    cause: update.ref,
    key: `${update.plan.update_id}:end`,
  };
}
