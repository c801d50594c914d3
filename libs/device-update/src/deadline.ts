import type { StoredEvent } from '@edgeflow/contracts';
import { nameOf } from './answers.js';
import type { OpenUpdate } from './device-lane.js';
import type { Decision } from './device-update.decider.js';

/** Two clocks that are set right, and an append that was repeated, differ by less, in milliseconds. */
const AGREE_MS = 5_000;
/** So long after its deadline an update is ended by whoever looks, in milliseconds: the event that the server writes then has come by, or never will. */
const SWEEP_MS = 10_000;

/** When the log stored an event, else when its writer says it was. */
export function storedAt({ stored_at, time }: Pick<StoredEvent, 'stored_at' | 'time'>): string {
  return stored_at ?? time;
}

/**
 * When an accepted update has to have ended, by the log's own time, ISO 8601. `deadline_at` is of the clock of whoever accepted it: what
 * that one meant is how long it may take, and it counts from when the log took it.
 */
export function dueAt(queued: StoredEvent<'UpdateQueued'>): string {
  const { deadline_at } = queued.data;
  const wrong = Date.parse(storedAt(queued)) - Date.parse(queued.time);
  return Math.abs(wrong) <= AGREE_MS ? deadline_at : new Date(Date.parse(deadline_at) + wrong).toISOString();
}

/** False when the log stored a DeadlineReached before the deadline: one that comes too early was wound by a wrong clock. */
export function hasCome(due_at: string, { stored_at }: StoredEvent<'DeadlineReached'>): boolean {
  return stored_at === undefined || Date.parse(stored_at) >= Date.parse(due_at) - AGREE_MS;
}

/** When an open update is ended though no DeadlineReached has come, ISO 8601; undefined for none that is open. */
export function sweepAt(update: OpenUpdate): string | undefined {
  if (update.status !== 'queued' && update.status !== 'dispatched') return undefined;
  return new Date(Date.parse(update.due_at) + SWEEP_MS).toISOString();
}

/** The end of an update that is past its deadline and whose clock was lost; undefined while it is not. @param at the log's time */
export function pastDeadline(update: OpenUpdate, at: Date): Decision | undefined {
  const sweep = sweepAt(update);
  if (update.status === 'none' || sweep === undefined || Date.parse(sweep) > at.getTime()) return undefined;
  return exceeded(update, `The update had not ended by ${update.due_at}.`);
}

/** The end of an update for which time has run out. */
export function exceeded({ plan, ref }: Exclude<OpenUpdate, { status: 'none' }>, detail: string): Decision {
  return {
    facts: [{ type: 'UpdateFailed', data: { ...nameOf(plan), code: 'deadline-exceeded', detail } }],
    cause: ref,
    key: `${plan.update_id}:end`,
  };
}
