import type { StoredEvent } from '@edgeflow/contracts';
import { neverUpdated, type Completed, type Failed, type Idle, type OtaState, type Updating } from './device.record.js';

/** True when an event speaks of the update that is open; one of an older update changes nothing any more. */
export function isOpen<S extends OtaState>(
  state: S,
  event: { data: { update_id: string } },
): state is Extract<S, Updating> {
  return state.ota_status === 'updating' && state.update_id === event.data.update_id;
}

/** An update was accepted, or is offered to the device (again). */
export function opened({ data, time }: StoredEvent<'UpdateQueued' | 'UpdateDispatched'>): Updating {
  return {
    ota_status: 'updating',
    update_id: data.update_id,
    update_number: data.number,
    rollout_id: data.rollout_id ?? null,
    target_version: data.version,
    progress: 0,
    phase: null,
    failure: null,
    last_update_at: time,
  };
}

/** The open update, as far as the device says it is. */
export function progressed<S extends Updating>(state: S, { data, time }: StoredEvent<'DeviceProgressReported'>): S {
  return { ...state, progress: data.progress, phase: data.phase, last_update_at: time };
}

export function completed({ update_id, update_number, rollout_id, target_version }: Updating, at: string): Completed {
  return {
    ...{ update_id, update_number, rollout_id, target_version },
    ota_status: 'completed',
    progress: 100,
    phase: null,
    failure: null,
    last_update_at: at,
  };
}

export function failed(state: Updating, { data, time }: StoredEvent<'UpdateFailed'>): Failed {
  const { update_id, update_number, rollout_id, target_version, progress, phase } = state;
  return {
    ...{ update_id, update_number, rollout_id, target_version, progress, phase },
    ota_status: 'failed',
    failure: { code: data.code, detail: data.detail },
    last_update_at: time,
  };
}

/** Withdrawn: the device is free again, and only the timeline knows of the update. */
export function cancelled(at: string): Idle {
  return { ...neverUpdated, last_update_at: at };
}
