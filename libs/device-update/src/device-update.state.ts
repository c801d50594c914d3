import type { Headway } from './headway.js';
import type { DataOf, EventRef, MaintenanceWindow, Phase } from '@edgeflow/contracts';

/** What rollouts choose a device by. */
interface Identity {
  model: string;
  fleet?: string;
  tags: readonly string[];
}

/** What the gateway last said of the device's identity. One that is revoked is still of its fleet: rollouts count it as left out. */
export type Registration =
  { status: 'unknown' } | ({ status: 'registered' } & Identity) | ({ status: 'revoked' } & Partial<Identity>);

type Presence = { status: 'offline' } | { status: 'online'; session_id: string; since: EventRef };

/** What the device last said that it runs; `unconfirmed` while its boot loader may still take it back. */
export type Running =
  { status: 'unknown' } | { status: 'known'; version: string; model: string; boot_id?: string; unconfirmed?: true };

/** What a request without an answer wants: an update to a version, the rollback to the last known good one, or the end of an open update. */
type Wanted =
  | ({ kind: 'update' } & Omit<DataOf<'UpdateRequested'>, 'device_id'>)
  | ({ kind: 'rollback' } & Omit<DataOf<'RollbackRequested'>, 'device_id' | 'rollout_id'>)
  | ({ kind: 'cancel' } & Omit<DataOf<'UpdateCancelRequested'>, 'device_id'>);

/** A request that has no answer yet. */
export type PendingRequest = Wanted & {
  request_id: string;
  /** The request's position: two events of one request never give the same decision id. */
  position: number;
  /** Who sent it (`sourceOfRequest`). */
  source?: string;
  ref: EventRef;
};

/** An accepted update as its events say it; `ref` is the newest event of its chain. */
interface Accepted {
  plan: DataOf<'UpdateDispatched'>;
  ref: EventRef;
  /** Its deadline by the log's own time, ISO 8601 (`dueAt`). */
  due_at: string;
}

/** When an update that was asked for by itself may be told, and for how long it may wait. */
export interface Hold {
  /** By the log's time, ISO 8601: its start, or when it was accepted. */
  from: string;
  /** Absent where it was asked for without one. */
  start_at?: string;
  window?: MaintenanceWindow;
  /** Does not wait for the window of its fleet. */
  ignore_window?: boolean;
  /** Milliseconds from when it can be told first until its deadline. */
  allowed_ms: number;
}

/** How an open update ends, once its event is written, and which event showed it. */
export type Ending =
  { outcome: 'completed'; boot_id?: string } | { outcome: 'failed' | 'cancelled'; code: string; detail: string };

/** What the device said that puts its update off; not decided on yet. `at` by the log's time, ISO 8601. */
export interface PutOff {
  at: string;
  until: string;
  reason?: string;
  ref: EventRef;
}

/** An update that somebody at the device wants later. `begun`: it had begun before that. `phase`: it has begun with it all the same, since `phase_at`. */
interface Postponed {
  until: string;
  begun?: true;
  phase?: Phase;
  phase_at?: string;
}

/** Another version that a device said after it had completed an update, and which event showed it. */
export interface Lost {
  version: string;
  /** Why, in its own words. */
  said?: string;
  ref: EventRef;
}

/**
 * The last update that a device completed, until it is told something else. `excused`: the version of a newer update that ended otherwise: who comes
 * up on that was told to. `lost`: it runs something else, and that is not written down yet.
 */
export interface Kept {
  /** Which update, as the events of its end name it. */
  which: Omit<DataOf<'UpdateReverted'>, 'code' | 'detail' | 'runs'>;
  ref: EventRef;
  excused?: string;
  lost?: Lost;
  /** Position of the event that accepted it. */
  accepted_at?: number;
}

/**
 * The last update of a rollout, on its way out, that a device completed: the rollout counts it while it looks. `runs`: what the device runs since, where that is something
 * else, and which event showed it; `taken` that it was told to.
 */
export interface Success {
  which: Kept['which'];
  ref: EventRef;
  runs?: Lost;
  taken?: true;
}

/** Who had the device told of a version last, rollbacks aside. `completed`: that update brought it there. */
export interface Told {
  version: string;
  update_id: string;
  /** Null where the update was asked for by itself. */
  rollout_id: string | null;
  completed?: true;
}

/**
 * A version that a rollback took the device from, or found it away from: it is not good any more. `which`: the update of a rollout that says so; a device that runs
 * the version again is not back. `lost`: it does, and that is not written down yet.
 */
export interface Left {
  version: string;
  which?: Kept['which'];
  /** The event that says so. */
  ref: EventRef;
  lost?: EventRef;
}

/** What a device came up on instead of what it was told: `good` as it was before, for as long as nobody has it leave that. */
interface Instead {
  told: string;
  good: readonly string[];
}

/**
 * The open update of a device. `queued`: accepted, the device is not there, it is not the time, or the device has `postponed` it; `hold` where it
 * was asked for by itself and is no rollback. `dispatched`: the gateway offers it; `phase` is the
 * last that the device reported, since `phase_at`, `boot_id` the boot in which it works on it, `boots` how often it came back in another
 * one without having got on, `headway` how far it got, `begun` that it had begun before it was put off, `unconfirmed` that it runs the version and may still take it back. `put_off`: what the device said last, where it is not
 * decided on. `ending`: it is known how it ends; `lost` when it ran something else before that was written down, `untold` when its device was never
 * told of it, `gone` when its device was taken out of service before: what becomes of the update is nothing of the device that has the id now.
 */
export type OpenUpdate =
  | { status: 'none' }
  | (Accepted & { status: 'queued'; hold?: Hold; postponed?: Postponed; put_off?: PutOff })
  | (Accepted & {
      status: 'dispatched';
      phase?: Phase;
      phase_at: string;
      boot_id?: string;
      boots?: number;
      headway?: Headway;
      begun?: true;
      put_off?: PutOff;
      /** What it said last in this boot: that it still downloads, or that it has the image. Absent: nothing. */
      said?: 'loading' | 'loaded';
      unconfirmed?: true;
    })
  | (Accepted & { status: 'ending'; ending: Ending; evidence: EventRef; lost?: Lost; untold?: true; gone?: true });

/** All that the decisions about one device depend on: a fold of its device stream, its update stream and its requests. */
export interface DeviceUpdateState {
  registration: Registration;
  presence: Presence;
  running: Running;
  /** Versions of firmware that it ran and did not go back from, the newest last: the one before what it runs is where a rollback leads. */
  good: readonly string[];
  /** It runs something else than what it was told. */
  instead?: Instead;
  /** The versions that it was told of, the newest last. */
  told?: readonly Told[];
  /** What rollbacks have left behind, the newest last. */
  left?: readonly Left[];
  /** The highest release counter of what it has installed; absent before the first signed update. */
  highest_counter?: number;
  /** What shows which signing keys it knows: its first registration, and the keys that it has taken and refused last. */
  signing?: { enrolled_at: number; accepted?: string; refused?: string };
  update: OpenUpdate;
  /** What it was brought to last and has kept since; absent where nothing is to be kept. */
  kept?: Kept;
  /** What a rollout may count of it. */
  success?: Success;
  requests: readonly PendingRequest[];
  /** The newest request ids that have an answer, so that a team may send a request twice. */
  answered: readonly string[];
  /** The number of the last accepted update; 0 before the first. */
  last_number: number;
  /** The last accepted update, open or not. */
  last_update_id?: string;
  /** Position of the event that accepted it. */
  last_accepted_at?: number;
  /** What took the device out of service that had the id before; absent in the first life. */
  removal?: EventRef & { position: number };
  /** The version of an update that ended without the device's word, until the device comes up on it or completes another one. */
  abandoned_version?: string;
}

/** What is known of a device itself, whatever it is told: what it may take depends on it. */
export type Known = Pick<DeviceUpdateState, 'registration' | 'running' | 'good' | 'left' | 'highest_counter'>;

/** How many answered request ids a device's state remembers. */
export const ANSWERED_MAX = 64;
/** How many good versions a device's state remembers, how many that it was told of, and how many that were left behind. */
export const GOOD_MAX = 16;

export const unknownDevice: DeviceUpdateState = {
  registration: { status: 'unknown' },
  presence: { status: 'offline' },
  running: { status: 'unknown' },
  good: [],
  update: { status: 'none' },
  requests: [],
  answered: [],
  last_number: 0,
};
