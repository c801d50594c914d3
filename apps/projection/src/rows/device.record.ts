import type { Phase } from '@edgeflow/contracts';
import type { DeviceRow, FailureAnswer, PostponedAnswer } from './device.row.js';

/** No update has ended yet, but as withdrawn. */
export interface Idle {
  ota_status: 'idle';
  update_id: null;
  update_number: null;
  rollout_id: null;
  requested_by: null;
  source: null;
  target_version: null;
  progress: 0;
  phase: null;
  failure: null;
  postponed: null;
  /** When the OTA state changed last; null before the first update. */
  last_update_at: string | null;
}

/** Which update the state speaks of. */
interface OfAnUpdate {
  update_id: string;
  update_number: number;
  /** The rollout that wanted it, if one did. */
  rollout_id: string | null;
  requested_by: string | null;
  source: string | null;
  target_version: string;
  last_update_at: string;
}

/** An update is open. `phase` is null until the device says what it does; `postponed` while somebody there wants it later. */
export interface Updating extends OfAnUpdate {
  ota_status: 'updating';
  progress: number;
  phase: Phase | null;
  failure: null;
  postponed: PostponedAnswer | null;
}

export interface Completed extends OfAnUpdate {
  ota_status: 'completed';
  progress: 100;
  phase: null;
  failure: null;
  postponed: null;
}

/** `progress` and `phase` stay where the device was when it ended. */
export interface Failed extends OfAnUpdate {
  ota_status: 'failed';
  progress: number;
  phase: Phase | null;
  failure: FailureAnswer;
  postponed: null;
}

/** Flat, so that a state is stored as it is: each of these fields is a column. */
export type OtaState = Idle | Updating | Completed | Failed;

/** What is known of a device apart from its updates. */
export type DeviceFacts = Omit<DeviceRow, keyof Idle | 'before'> & { before: OtaState | null };

export type DeviceRecord = DeviceFacts & OtaState;

/** The OTA state of a device that was never asked to update. */
export const neverUpdated: Idle = {
  ota_status: 'idle',
  update_id: null,
  update_number: null,
  rollout_id: null,
  requested_by: null,
  source: null,
  target_version: null,
  progress: 0,
  phase: null,
  failure: null,
  postponed: null,
  last_update_at: null,
};
