import type { DataOf, Envelope, Phase } from '@edgeflow/contracts';

/** Which event something was learnt from: what a decision names as its cause. */
export type EventRef = Pick<Envelope, 'id' | 'correlation_id' | 'traceparent'>;

/** What rollouts choose a device by. */
interface Identity {
  model: string;
  fleet?: string;
  tags: readonly string[];
}

/** What the gateway last said of the device's identity. One that is revoked is still of its fleet: rollouts count it as left out. */
export type Registration =
  { status: 'unknown' } | ({ status: 'registered' } & Identity) | ({ status: 'revoked' } & Partial<Identity>);

export type Presence = { status: 'offline' } | { status: 'online'; tunnel_id: string; since: EventRef };

/** What the device last said that it runs. */
export type Running = { status: 'unknown' } | { status: 'known'; version: string; model: string; boot_id: string };

/** What a request without an answer wants: an update to a version, or the way back to the last known good one. */
type Wanted =
  | ({ kind: 'update' } & Omit<DataOf<'UpdateRequested'>, 'device_id'>)
  | ({ kind: 'rollback' } & Omit<DataOf<'RollbackRequested'>, 'device_id' | 'rollout_id'>);

/** A request that has no answer yet. */
export type PendingRequest = Wanted & {
  request_id: string;
  /** The request's position: two events of one request never give the same decision id. */
  position: number;
  ref: EventRef;
};

/** An accepted update as its events say it; `ref` is the newest event of its chain. */
interface Accepted {
  plan: DataOf<'UpdateDispatched'>;
  ref: EventRef;
  /** Its deadline by the log's own time, ISO 8601 (`dueAt`). */
  due_at: string;
}

/** How an open update ends, once its event is written, and which event showed it. */
export type Ending =
  { outcome: 'completed'; boot_id: string } | { outcome: 'failed' | 'cancelled'; code: string; detail: string };

/**
 * The open update of a device. `queued`: accepted, the device is not there. `dispatched`: the gateway offers it; `phase` is the
 * last that the device reported, since `phase_at`, `boot_id` the boot in which it works on it, `boots` how often it came back in another
 * one since its last word. `ending`: it is known how it ends.
 */
export type OpenUpdate =
  | { status: 'none' }
  | (Accepted & { status: 'queued' })
  | (Accepted & { status: 'dispatched'; phase?: Phase; phase_at: string; boot_id?: string; boots?: number })
  | (Accepted & { status: 'ending'; ending: Ending; evidence: EventRef });

/** All that the decisions about one device depend on: a fold of its device lane, its update lane and its requests. */
export interface DeviceLane {
  registration: Registration;
  presence: Presence;
  running: Running;
  /** Versions of firmware that it ran and did not go back from, the newest last: the one before what it runs is where a rollback leads. */
  good: readonly string[];
  /** The highest release counter of what it has installed; absent before the first signed update. */
  highest_counter?: number;
  update: OpenUpdate;
  requests: readonly PendingRequest[];
  /** The newest request ids that have an answer, so that a team may send a request twice. */
  answered: readonly string[];
  /** The number of the last accepted update; 0 before the first. */
  last_number: number;
  /** The last accepted update, open or not. */
  last_update_id?: string;
}

/** How many answered request ids a lane remembers. */
export const ANSWERED_MAX = 64;
/** How many good versions a lane remembers. */
export const GOOD_MAX = 16;

export const emptyLane: DeviceLane = {
  registration: { status: 'unknown' },
  presence: { status: 'offline' },
  running: { status: 'unknown' },
  good: [],
  update: { status: 'none' },
  requests: [],
  answered: [],
  last_number: 0,
};
