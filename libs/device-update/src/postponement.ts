import { POSTPONED_IN_ALL_MAX_S, isInstalling, refOf, type Decision, type StoredEvent } from '@edgeflow/contracts';
import { nameOf, type UpdateFact } from './answers.js';
import { storedAt } from './deadline.js';
import type { OpenUpdate, PutOff } from './device-update.state.js';

type Queued = Extract<OpenUpdate, { status: 'queued' }>;
type Told = Extract<OpenUpdate, { status: 'queued' | 'dispatched' }>;

/** True for an update that its device may put off: it was told of it, and does not install it yet. */
function mayBePutOff(update: OpenUpdate): update is Told {
  if (update.status === 'dispatched') return update.phase === undefined || !isInstalling(update.phase);
  if (update.status !== 'queued' || update.postponed === undefined) return false;
  const { phase } = update.postponed;
  return phase === undefined || !isInstalling(phase);
}

/** True for an update that only waits, or ends without more: who puts one off was told of it, and may have its image. */
export function isUntold(update: OpenUpdate): boolean {
  if (update.status === 'ending') return update.untold === true;
  return update.status === 'queued' && update.postponed === undefined;
}

/** The device has put its update off; what that means is decided then. The newest word counts. */
export function afterPostponement(update: OpenUpdate, event: StoredEvent<'DeviceUpdatePostponed'>): OpenUpdate {
  const { update_id, until, reason } = event.data;
  if (!mayBePutOff(update) || update.plan.update_id !== update_id) return update;
  const put_off: PutOff = { at: storedAt(event), until, ...(reason !== undefined && { reason }), ref: refOf(event) };
  return { ...update, put_off };
}

/**
 * The update is put off: its deadline moves by as much, up to the limit in all. Who puts off once more what is put off already changes
 * until when: time that had not passed yet does not count.
 * @returns undefined while the device has said nothing that is not decided on
 */
export function postpone(update: OpenUpdate): Decision<UpdateFact> | undefined {
  if ((update.status !== 'queued' && update.status !== 'dispatched') || update.put_off === undefined) return undefined;
  const { plan, put_off, ref } = update;
  const at = Date.parse(put_off.at);
  const before = update.status === 'queued' ? update.postponed : undefined;
  const unused_s = before ? Math.max(0, (Date.parse(before.until) - at) / 1000) : 0;
  const used_s = Math.max(0, (plan.postponed_s ?? 0) - Math.floor(unused_s));
  const wanted_s = Math.max(0, Math.round((Date.parse(put_off.until) - at) / 1000));
  const for_s = Math.min(wanted_s, POSTPONED_IN_ALL_MAX_S - used_s);
  const postponed_s = used_s + for_s;
  const moved_ms = (postponed_s - (plan.postponed_s ?? 0)) * 1000;
  const fact: UpdateFact = {
    type: 'UpdatePostponed',
    data: {
      ...nameOf(plan),
      until: new Date(at + for_s * 1000).toISOString(),
      postponed_s,
      deadline_at: new Date(Date.parse(plan.deadline_at) + moved_ms).toISOString(),
      ...(put_off.reason !== undefined && { reason: put_off.reason }),
    },
  };
  const cause = { ...put_off.ref, correlation_id: ref.correlation_id };
  return { facts: [fact], cause, key: `${plan.update_id}:postponed:${put_off.ref.id}` };
}

/** The update once it is put off: it waits as if the device was not there, and its time is so much longer. */
export function postponed(update: OpenUpdate, event: StoredEvent<'UpdatePostponed'>): OpenUpdate {
  const { update_id, until, postponed_s, deadline_at } = event.data;
  if ((update.status !== 'queued' && update.status !== 'dispatched') || update.plan.update_id !== update_id)
    return update;
  const { plan, due_at } = update;
  const moved_ms = Date.parse(deadline_at) - Date.parse(plan.deadline_at);
  return {
    status: 'queued',
    plan: { ...plan, postponed_s, deadline_at },
    ref: refOf(event),
    due_at: new Date(Date.parse(due_at) + moved_ms).toISOString(),
    postponed: { until, ...(hasBegun(update) && { begun: true as const }) },
  };
}

/** True for an update that its device has begun with at some time, be it before it was put off: an image that is revoked since is not taken from it. */
export function hasBegun(update: OpenUpdate): boolean {
  if (update.status !== 'queued' && update.status !== 'dispatched') return false;
  const { phase, begun } = update.status === 'queued' ? (update.postponed ?? {}) : update;
  return phase !== undefined || begun === true;
}

/** The device has begun with an update that is put off: it need not be told. */
export function begunEarly(update: Queued, event: StoredEvent<'DeviceProgressReported'>): Queued {
  const { postponed: before } = update;
  if (before === undefined) return update;
  const { phase } = event.data;
  const phase_at = before.phase === phase ? before.phase_at : undefined;
  return { ...update, postponed: { ...before, phase, phase_at: phase_at ?? storedAt(event) } };
}

/** True while an update is put off, and its device has not begun with it all the same. @param at the log's time; absent: whenever that ends */
export function isPutOff({ postponed: off }: Queued, at?: Date): boolean {
  return off !== undefined && off.phase === undefined && (at === undefined || Date.parse(off.until) > at.getTime());
}

/** True for an update that is put off and that its rollout tells the device again, when that has room for it; one that was begun with has begun. */
export function isToldByRollout(update: Queued): boolean {
  return update.plan.rollout_id !== undefined && isPutOff(update);
}

/** When a device that is online is to be told of what it has put off, ISO 8601; undefined where a rollout sees to that. */
export function toldAgainAt(update: OpenUpdate): string | undefined {
  return update.status === 'queued' && !isToldByRollout(update) ? update.postponed?.until : undefined;
}
