import type { StoredEvent } from '@edgeflow/contracts';
import { neverUpdated, type Completed, type Failed, type OtaState, type Updating } from '../rows/device.record.js';

/** True when an event speaks of the update that is open; one of an older update changes nothing any more. */
export function isOpen<S extends OtaState>(
  state: S,
  event: { data: { update_id: string } },
): state is Extract<S, Updating> {
  return state.ota_status === 'updating' && state.update_id === event.data.update_id;
}

/**
 * An update was accepted, or is offered to the device (again). Who asked for it is said when it is accepted. What its device has said of it since it put it off counts:
 * it may begin before it is told again.
 */
export function opened(before: OtaState, event: StoredEvent<'UpdateQueued' | 'UpdateDispatched'>): Updating {
  const { data, time } = event;
  const isKnown = before.update_id === data.update_id;
  const accepted = event.type === 'UpdateQueued' ? event.data : event.data.accepted;
  const asked: Pick<Partial<OtaState>, 'requested_by' | 'source'> = accepted ?? (isKnown ? before : {});
  const { progress, phase } = isOpen(before, event) ? before : neverUpdated;
  return {
    ota_status: 'updating',
    update_id: data.update_id,
    update_number: data.number,
    rollout_id: data.rollout_id ?? null,
    requested_by: asked.requested_by ?? null,
    source: asked.source ?? null,
    target_version: data.version,
    progress,
    phase,
    failure: null,
    postponed: null,
    last_update_at: time,
  };
}

/** The open update, as far as the device says it is. */
export function progressed<S extends Updating>(state: S, { data, time }: StoredEvent<'DeviceProgressReported'>): S {
  return { ...state, progress: data.progress, phase: data.phase, postponed: null, last_update_at: time };
}

/** The open update, which somebody at the device wants later: what it did of it so far may have been for nothing. */
export function postponed<S extends Updating>(state: S, { data, time }: StoredEvent<'UpdatePostponed'>): S {
  const { until, reason = null } = data;
  return { ...state, progress: 0, phase: null, postponed: { until, reason }, last_update_at: time };
}

/** Which update a state speaks of. */
function updateIn({ update_id, update_number, rollout_id, requested_by, source, target_version }: Updating) {
  return { update_id, update_number, rollout_id, requested_by, source, target_version };
}

export function completed(state: Updating, at: string): Completed {
  return {
    ...updateIn(state),
    ota_status: 'completed',
    progress: 100,
    phase: null,
    failure: null,
    postponed: null,
    last_update_at: at,
  };
}

export function failed(state: Updating, { data, time }: StoredEvent<'UpdateFailed'>): Failed {
  const { progress, phase } = state;
  return {
    ...{ ...updateIn(state), progress, phase },
    ota_status: 'failed',
    failure: { code: data.code, detail: data.detail },
    postponed: null,
    last_update_at: time,
  };
}

/** True where nothing newer was asked of the device than the update that an event speaks of: nothing is open, and no newer one has ended. */
export function isNewest({ ota_status, update_number }: OtaState, { data }: StoredEvent<'UpdateReverted'>): boolean {
  return ota_status !== 'updating' && (update_number ?? 0) <= data.number;
}

/** It had come through, and did not last: failed until the next order, whatever the device runs meanwhile. */
export function reverted(before: OtaState, { data, time }: StoredEvent<'UpdateReverted'>): Failed {
  const { update_id, number, rollout_id = null, version, code, detail } = data;
  const { requested_by, source } = before.update_id === update_id ? before : neverUpdated;
  return {
    ...{ requested_by, source },
    ...{ ota_status: 'failed', update_id, update_number: number, rollout_id, target_version: version },
    ...{ progress: 100, phase: null, failure: { code, detail }, postponed: null, last_update_at: time },
  };
}

/** What was withdrawn, or not wanted, changes nothing but the time: the state is the one before it, and only the timeline knows of the update. */
export function cancelled(before: OtaState | null, at: string): OtaState {
  return { ...(before ?? neverUpdated), last_update_at: at };
}

/** What an update that begins now leaves behind: the state of the one before; null for none. */
export function endedIn(record: OtaState): OtaState | null {
  if (record.ota_status === 'idle') return null;
  const fields = Object.keys(neverUpdated) as (keyof OtaState)[];
  return Object.fromEntries(fields.map((field) => [field, record[field]])) as unknown as OtaState;
}
