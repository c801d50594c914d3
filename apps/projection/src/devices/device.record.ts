import type { Phase } from '@edgeflow/contracts';

/** What `ota_status` may say (DESIGN.md section 5). */
export const OTA_STATUSES = ['idle', 'updating', 'completed', 'failed'] as const;
export type OtaStatus = (typeof OTA_STATUSES)[number];

/** Why an update failed: a stable code, and a sentence for people. */
export interface Failure {
  code: string;
  detail: string;
}

/** No update yet, or the newest one was withdrawn. */
export interface Idle {
  ota_status: 'idle';
  update_id: null;
  update_number: null;
  rollout_id: null;
  target_version: null;
  progress: 0;
  phase: null;
  failure: null;
  /** When the OTA state changed last; null before the first update. */
  last_update_at: string | null;
}

/** Which update the state speaks of. */
interface OfAnUpdate {
  update_id: string;
  update_number: number;
  /** The rollout that wanted it, if one did. */
  rollout_id: string | null;
  target_version: string;
  last_update_at: string;
}

/** An update is open. `phase` is null until the device says what it does. */
export interface Updating extends OfAnUpdate {
  ota_status: 'updating';
  progress: number;
  phase: Phase | null;
  failure: null;
}

export interface Completed extends OfAnUpdate {
  ota_status: 'completed';
  progress: 100;
  phase: null;
  failure: null;
}

/** `progress` and `phase` stay where the device was when it ended. */
export interface Failed extends OfAnUpdate {
  ota_status: 'failed';
  progress: number;
  phase: Phase | null;
  failure: Failure;
}

/** Flat, so that a state is stored as it is: each of these fields is a column. */
export type OtaState = Idle | Updating | Completed | Failed;

/** What is known of a device apart from its updates. */
export interface DeviceFacts {
  org: string;
  device_id: string;
  /** What the device reported last. */
  current_version: string | null;
  /** What it ran before the current version: where a rollback leads. */
  previous_version: string | null;
  model: string;
  fleet: string | null;
  tags: string[];
  online: boolean;
  /** The newest tunnel; presence is decided by it alone. */
  tunnel_id: string | null;
  boot_id: string | null;
  last_seen_at: string | null;
  registered_at: string;
  revoked: boolean;
  /** Position of the last event that changed the record; it only grows. */
  position: number;
}

export type DeviceRecord = DeviceFacts & OtaState;

/** The OTA state of a device that was never asked to update. */
export const neverUpdated: Idle = {
  ota_status: 'idle',
  update_id: null,
  update_number: null,
  rollout_id: null,
  target_version: null,
  progress: 0,
  phase: null,
  failure: null,
  last_update_at: null,
};
