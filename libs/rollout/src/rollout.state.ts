import type { Envelope, GateDecision, PlannedWave, RolloutAction, RolloutSpec } from '@edgeflow/contracts';

/** Which event something was learnt from: what a decision names as its cause. */
export type EventRef = Pick<Envelope, 'id' | 'correlation_id' | 'traceparent'>;

/**
 * Where a device of a rollout is. `waiting`: it was not told yet, or waits for another try. `in_flight`: its update is open. The others
 * are its ends.
 */
export const MEMBER_STATUSES = ['waiting', 'in_flight', 'succeeded', 'failed', 'cancelled', 'skipped'] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/** Devices by status. */
export type Counts = Readonly<Record<MemberStatus, number>>;

/** A wave that was started. */
interface StartedWave {
  started_at: string;
  /** From when on its devices could have been told: a resume, a retry and devices that make it run again put that forward. */
  since: string;
  ref: EventRef;
}

/** One wave. `acknowledged`: failures that somebody took note of who resumed what its gate had stopped. */
export type Wave = PlannedWave & { counts: Counts; acknowledged?: number } & (
    | { status: 'pending' }
    | ({ status: 'running' } & StartedWave)
    | ({ status: 'completed'; completed_at: string; gate?: GateDecision } & StartedWave)
  );

/** What somebody asked of a rollout and what has no answer yet. */
export interface PendingAction {
  request_id: string;
  /** `set_window` stands here only with a violation: a fleet's window that cannot be read. */
  action: RolloutAction | 'set_window';
  /** What is wrong with the request itself. */
  violation?: string;
  reason?: string;
  requested_by?: string;
  role?: string;
  ref: EventRef;
}

/** A request for a rollout without an answer: what it wishes, or what is wrong with it. */
export interface Wish {
  request_id: string;
  spec?: RolloutSpec;
  violation?: string;
  reason?: string;
  requested_by?: string;
  ref: EventRef;
}

/** Why a rollout is paused. */
export interface Hold {
  cause: 'operator' | 'gate';
  at: string;
  reason?: string;
  requested_by?: string;
  gate?: GateDecision;
}

/** The way back, once it was triggered. Its waves grow with the devices that turn out to have moved. */
export interface Rollback {
  cause: 'operator' | 'gate';
  at: string;
  ref: EventRef;
  reason?: string;
  gate?: GateDecision;
  waves: readonly Wave[];
  /** Devices in each of its waves. */
  wave_size: number;
  /** Devices that moved and have no version to go back to, counted by error code. */
  unavailable: Readonly<Record<string, number>>;
}

/** What every accepted rollout has. */
export interface Accepted {
  rollout_id: string;
  request_id: string;
  spec: RolloutSpec;
  accepted_at: string;
  requested_by?: string;
  waves: readonly Wave[];
  excluded: Readonly<Record<string, number>>;
  /** The last wave that was approved; -1 for none. */
  approved: number;
  /** Devices told in the last minute, by second since 1970. */
  told: readonly { second: number; devices: number }[];
  /** The newest event of the rollout's own. */
  last: EventRef;
}

/** The life of an accepted rollout. `paused` goes back to where it was. */
export type Life =
  | { status: 'accepted' }
  | { status: 'running' }
  | { status: 'paused'; hold: Hold; resumes: 'accepted' | 'running' }
  | { status: 'completed'; completed_at: string }
  | { status: 'aborted'; hold: Hold; rollback?: Rollback }
  | { status: 'rolling_back'; rollback: Rollback }
  | { status: 'rolled_back'; rollback: Rollback };

/** What has been asked of a rollout. */
export interface Inbox {
  actions: readonly PendingAction[];
  /** The newest request ids that have an answer, so that a team may send a request twice. */
  answered: readonly string[];
}

/** How many answered request ids a rollout remembers. */
export const ANSWERED_MAX = 64;

export type AcceptedRollout = Accepted & Life & Inbox;

/** A rollout as a fold of its lane, of the requests aimed at it, and of its devices' update lanes. */
export type Rollout = Inbox &
  (
    | { status: 'none' }
    | { status: 'requested'; wish: Wish }
    | { status: 'rejected'; code: string; detail: string; version?: string; rejected_at: string }
    | (Accepted & Life)
  );

export const noRollout: Rollout = { status: 'none', actions: [], answered: [] };

/** True for a rollout that was accepted, whatever became of it. */
export function isAccepted(rollout: Rollout): rollout is AcceptedRollout {
  return rollout.status !== 'none' && rollout.status !== 'requested' && rollout.status !== 'rejected';
}
