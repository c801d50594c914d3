import { given, refOf, type StoredEvent } from '@edgeflow/contracts';
import { dueAt, storedAt } from './deadline.js';
import type { OpenUpdate } from './device-update.state.js';

/** An accepted update that its device was not told of yet. */
export function queued(event: StoredEvent<'UpdateQueued'>): OpenUpdate {
  const {
    when_offline: _offline,
    requested_by: _who,
    source: _source,
    start_at,
    window,
    ignore_window,
    not_before,
    ...plan
  } = event.data;
  // When a window opens is no matter of the accepting clock.
  const due_at = not_before === undefined ? dueAt(event) : plan.deadline_at;
  const accepted = { status: 'queued' as const, plan, ref: refOf(event), due_at };
  if (plan.rollout_id !== undefined || plan.rollback === true) return accepted;
  const from = new Date(Math.max(Date.parse(storedAt(event)), Date.parse(start_at ?? '1970-01-01'))).toISOString();
  const allowed_ms = Date.parse(plan.deadline_at) - Date.parse(not_before ?? event.time);
  return { ...accepted, hold: { from, allowed_ms, ...given({ start_at, window, ignore_window }) } };
}

/** The same, once its windows were moved. */
export function rescheduled(update: OpenUpdate, { data }: StoredEvent<'UpdateRescheduled'>): OpenUpdate {
  if (update.status !== 'queued' || update.plan.update_id !== data.update_id) return update;
  const { deadline_at } = data;
  return { ...update, due_at: deadline_at, plan: { ...update.plan, deadline_at } };
}

/** Its deadline as it was accepted, by the log's time, unless it has another one since its windows were moved. */
export function dueOf(before: OpenUpdate, deadline_at: string): string {
  return before.status === 'none' || before.plan.deadline_at !== deadline_at ? deadline_at : before.due_at;
}
