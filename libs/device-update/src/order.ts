import { deriveId, type DataOf, type EventRef, type PhaseDeadlines, type WHEN_OFFLINE } from '@edgeflow/contracts';
import type { PendingRequest } from './device-update.state.js';

/** The place of an update in a rollout. */
export interface OfRollout {
  rollout_id: string;
  wave: number;
  /** 1 for the first try. */
  attempt: number;
  rollback?: true;
}

/** A request for a new update. */
export type UpdateRequest = Exclude<PendingRequest, { kind: 'cancel' }>;

/** What is to become an update: of a team's request, or of a rollout. */
export interface Order {
  update_id: string;
  request_id: string;
  version: string;
  force: boolean;
  /** The rollback to a version that the device has run. */
  rollback?: boolean;
  /** Of a rollback: the version that it takes the device from. That of a rollout is the one that it had brought its devices to. */
  leaves?: string;
  when_offline: (typeof WHEN_OFFLINE)[number];
  deadline_s?: number;
  deadlines?: PhaseDeadlines;
  /** When it may be told, where it was asked for by itself. */
  timing?: Pick<DataOf<'UpdateQueued'>, 'start_at' | 'window' | 'ignore_window'>;
  requested_by?: string;
  /** Who sent the request for it (`sourceOfRequest`). */
  source?: string;
  /** Absent where it was asked for by itself. */
  of?: OfRollout;
  /** The event that wants it. */
  ref: EventRef;
  /** Makes the ids of what is decided: the same decision, made again after a crash, has the same ids. */
  key: string;
}

/** A rollout's order for one of its devices. */
export interface RolloutOrder extends Order {
  of: OfRollout;
  /** Refuse to go below what the device runs: nobody named this device when the rollout was planned. */
  never_back: boolean;
  /** Position of the event that asked for the rollout, where what was asked of the device later wins. */
  asked_at?: number;
  /** It waited for the device as long as it may. */
  expired: boolean;
  /** The later rollout that wants the device: there is nothing to tell it any more. */
  superseded_by?: string;
}

/** The update that a request becomes, if it becomes one: known before the decision, so that HTTP can name it at once. */
export function updateIdOf(org: string, requestId: string, deviceId: string): string {
  return deriveId('upd', org, requestId, deviceId);
}

/** The update that a rollout's nth try on a device becomes. */
export function rolloutUpdateId(org: string, deviceId: string, { rollout_id, attempt, rollback }: OfRollout): string {
  return deriveId('upd', org, rollout_id, rollback ? 'rollback' : 'forward', deviceId, String(attempt));
}
