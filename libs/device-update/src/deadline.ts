import type { Decision, StoredEvent } from '@edgeflow/contracts';
import { nameOf, type UpdateFact } from './answers.js';
import type { Ending, OpenUpdate } from './device-update.state.js';

/** Two clocks that are set right, and an append that was repeated, differ by less, in milliseconds. */
const AGREE_MS = 5_000;

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

/** False when the log stored a DeadlineReached before the deadline: releases that had the server write it may have wound it by a wrong clock. */
export function hasCome(due_at: string, { stored_at }: StoredEvent<'DeadlineReached'>): boolean {
  return stored_at === undefined || Date.parse(stored_at) >= Date.parse(due_at) - AGREE_MS;
}

/** When an open update has run out of time, ISO 8601; undefined for none that is open. */
export function endsAt(update: OpenUpdate): string | undefined {
  return update.status === 'queued' || update.status === 'dispatched' ? update.due_at : undefined;
}

/** What is said of an update whose time has run out. */
export function missedDeadline(update: Exclude<OpenUpdate, { status: 'none' }>): string {
  const { plan, due_at } = update;
  const tried = update.status === 'dispatched' && update.unconfirmed;
  return tried
    ? `The device runs ${plan.version} and had not confirmed it by ${due_at}.`
    : `The update had not ended by ${due_at}.`;
}

/** The end of an update that is past its deadline; undefined while it is not. @param at the log's time */
export function pastDeadline(update: OpenUpdate, at: Date): Decision<UpdateFact> | undefined {
  const ends = endsAt(update);
  if (update.status === 'none' || ends === undefined || Date.parse(ends) > at.getTime()) return undefined;
  return exceeded(update, missedDeadline(update));
}

/** The end of an update for which time has run out. */
export function exceeded(update: Exclude<OpenUpdate, { status: 'none' }>, said: string): Decision<UpdateFact> {
  const { plan, ref } = update;
  const { outcome, code, detail } = outOfTime(update, said);
  const type = outcome === 'failed' ? 'UpdateFailed' : 'UpdateCancelled';
  return { facts: [{ type, data: { ...nameOf(plan), code, detail } }], cause: ref, key: `${plan.update_id}:end` };
}

/** How an update ends that had not ended in time. One that somebody put off, and that was not begun since, has not failed. */
export function outOfTime(update: OpenUpdate, detail: string): Extract<Ending, { code: string }> {
  return wasLeft(update)
    ? { outcome: 'cancelled', code: 'postponed-too-long', detail: `It was put off, and was not begun since. ${detail}` }
    : { outcome: 'failed', code: 'deadline-exceeded', detail };
}

/** True for an update that was put off and that its device has not begun with since: that it does not end is somebody's choice, and no failure. */
function wasLeft(update: OpenUpdate): boolean {
  if (update.status === 'none' || update.status === 'ending' || (update.plan.postponed_s ?? 0) === 0) return false;
  return update.status === 'queued' ? update.postponed?.phase === undefined : update.phase === undefined;
}
