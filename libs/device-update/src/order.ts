import { deriveId, type PhaseDeadlines, type WHEN_OFFLINE } from '@edgeflow/contracts';
import type { DeviceLane, EventRef, PendingRequest } from './device-lane.js';

/** The place of an update in a rollout. */
export interface OfRollout {
  rollout_id: string;
  wave: number;
  /** 1 for the first try. */
  attempt: number;
  rollback?: true;
}

/** What is to become an update: of a team's request, or of a rollout. */
export interface Order {
  update_id: string;
  request_id: string;
  version: string;
  force: boolean;
  /** The way back to a version that the device has run. */
  rollback?: boolean;
  when_offline: (typeof WHEN_OFFLINE)[number];
  deadline_s?: number;
  deadlines?: PhaseDeadlines;
  requested_by?: string;
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
  /** It waited for the device as long as it may. */
  expired: boolean;
}

/** The update that a request becomes, if it becomes one: known before the decision, so that HTTP can name it at once. */
export function updateIdOf(org: string, requestId: string, deviceId: string): string {
  return deriveId('upd', org, requestId, deviceId);
}

/** The update that a rollout's nth try on a device becomes. */
export function rolloutUpdateId(org: string, deviceId: string, { rollout_id, attempt, rollback }: OfRollout): string {
  return deriveId('upd', org, rollout_id, rollback ? 'rollback' : 'forward', deviceId, String(attempt));
}

/**
 * The version that the device ran before what it runs now and did not go back from; undefined when the log knows none. What it runs is
 * not among the good ones where it can be no firmware's.
 */
export function lastGood({ good, running }: Pick<DeviceLane, 'good' | 'running'>): string | undefined {
  if (running.status === 'unknown') return undefined;
  return good.at(-1) === running.version ? good.at(-2) : good.at(-1);
}

/** The order in a request; undefined for a rollback that leads nowhere. A device that is offline is rolled back when it comes. */
export function orderOf(
  lane: DeviceLane,
  request: PendingRequest,
  { org, device_id }: { org: string; device_id: string },
): Order | undefined {
  const { request_id, ref, requested_by } = request;
  const about = {
    ...{ request_id, ref, key: `${request_id}:${request.position}` },
    update_id: updateIdOf(org, request_id, device_id),
    ...(requested_by !== undefined && { requested_by }),
  };
  if (request.kind === 'rollback') {
    const version = lastGood(lane);
    return version === undefined
      ? undefined
      : { ...about, version, force: false, rollback: true, when_offline: 'queue' };
  }
  const { version, force = false, when_offline = 'reject', deadline_s } = request;
  return { ...about, version, force, when_offline, ...(deadline_s !== undefined && { deadline_s }) };
}
