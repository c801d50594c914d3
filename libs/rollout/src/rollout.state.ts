import type {
  EventRef,
  GateDecision,
  PlannedWave,
  RolloutAction,
  RolloutOverlap,
  RolloutSpec,
} from '@edgeflow/contracts';

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

/** Who asked for what a rollout does beside the request for itself, and by which event it began. */
export interface Asked {
  request_id: string;
  requested_by?: string;
  /** Who sent the request (`sourceOfRequest`). */
  source?: string;
  ref: EventRef;
}

/** Of the devices of a wave, those where somebody chose: to have it later (they are in flight), or not at all (they are cancelled). Absent for none. */
export interface Choices {
  postponed?: number;
  declined?: number;
}

/**
 * One wave. `acknowledged`: failures that somebody took note of who resumed what its gate had stopped. `unproven`: somebody went on
 * although no device of it had finished. `superseded`: those of its devices that a later rollout has taken over; they are among the skipped
 * or the cancelled. `reverted`: devices that did not keep the version. `revoked`: those of its skipped and cancelled devices that were taken out on the way
 * back, and may be let in again. `retry`: who asked last that its failed devices try again. `retrying`: those of the waiting that have failed and wait for another try. `replaced`: devices that were in it and whose ids others
 * have since, in the last wave. `skipped_at`: when somebody had the rollout wait for it no longer; devices that install may still be in flight.
 */
export type Wave = PlannedWave &
  Choices & {
    counts: Counts;
    acknowledged?: number;
    unproven?: true;
    superseded?: number;
    reverted?: number;
    revoked?: Pick<Counts, 'skipped' | 'cancelled'>;
    retrying?: number;
    replaced?: number;
    retry?: Asked;
  } & (
    | { status: 'pending' }
    | ({ status: 'running' } & StartedWave)
    | ({ status: 'completed'; completed_at: string; gate?: GateDecision; skipped_at?: string } & StartedWave)
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
  /** Who sent it (`sourceOfRequest`). */
  source?: string;
  /** Of `skip` and `retry`: the wave that is named. */
  wave?: number;
  /** Of `amend`: what is to change. */
  amend?: object;
  ref: EventRef;
}

/** A request for a rollout without an answer: what it requests, or what is wrong with it. */
export interface RequestedRollout {
  request_id: string;
  spec?: RolloutSpec;
  violation?: string;
  reason?: string;
  requested_by?: string;
  /** Who sent it (`sourceOfRequest`). */
  source?: string;
  ref: EventRef;
}

/** Why a rollout is paused, or was aborted. */
export interface Hold {
  cause: 'operator' | 'gate';
  at: string;
  reason?: string;
  requested_by?: string;
  /** Who sent the request (`sourceOfRequest`). */
  source?: string;
  /** Of a pause of an operator: the gate that was reached meanwhile, the last one. */
  gate?: GateDecision;
  /** When that was. */
  gate_at?: string;
  /** Those that were reached before it: who resumes goes on over all of them. */
  gates_before?: readonly GateDecision[];
}

/** How devices have ended that are not back. */
export type NotBack = Readonly<Record<'failed' | 'cancelled', Readonly<Record<string, number>>>>;

/** The rollback, once it was triggered. Its waves grow with the devices that turn out to have moved. */
export interface Rollback {
  cause: 'operator' | 'gate';
  at: string;
  ref: EventRef;
  reason?: string;
  gate?: GateDecision;
  /** Absent where a gate triggered it. */
  asked?: Asked;
  waves: readonly Wave[];
  /** Devices in each of its waves. */
  wave_size: number;
  /** Devices that moved and have no version to go back to, counted by error code. */
  unavailable: Readonly<Record<string, number>>;
  /** Devices of its waves that have ended and are not back, counted by error code. Revoked ones are nobody's to bring back. */
  not_back: NotBack;
  /** Those that have failed and wait for another try, counted by error code. */
  retrying: Readonly<Record<string, number>>;
}

/** What every accepted rollout has. */
interface Accepted {
  rollout_id: string;
  request_id: string;
  spec: RolloutSpec;
  accepted_at: string;
  requested_by?: string;
  source?: string;
  waves: readonly Wave[];
  excluded: Readonly<Record<string, number>>;
  /** Devices that a rollback could not bring back, as things stood when they were planned, by error code; where failures roll back. */
  no_way_back?: Readonly<Record<string, number>>;
  /** Eligible devices that there was reason to doubt of, by error code; absent where of none. */
  warnings?: Readonly<Record<string, number>>;
  /** Other rollouts that had some of its devices when it was planned. */
  overlaps?: readonly RolloutOverlap[];
  /** Later rollouts that have taken devices over. */
  superseded_by?: readonly string[];
  /** The last wave that was approved; -1 for none. */
  approved: number;
  /** Devices told in the last minute, by second since 1970. */
  dispatched: readonly { second: number; devices: number }[];
  /** The newest event of the rollout's own. */
  last: EventRef;
}

/** The life of an accepted rollout. `paused` goes back to where it was. */
type Life =
  | { status: 'accepted' }
  | { status: 'running' }
  | { status: 'paused'; hold: Hold; resumes: 'accepted' | 'running' }
  | { status: 'completed'; completed_at: string }
  | { status: 'aborted'; hold: Hold; rollback?: Rollback }
  | { status: 'rolling_back'; rollback: Rollback }
  | { status: 'rolled_back'; rollback: Rollback }
  | { status: 'rollback_incomplete'; rollback: Rollback };

/** What has been asked of a rollout. */
export interface Inbox {
  actions: readonly PendingAction[];
  /** The newest request ids that have an answer, so that a team may send a request twice. */
  answered: readonly string[];
}

/** How many answered request ids a rollout remembers. */
export const ANSWERED_MAX = 64;

export type AcceptedRollout = Accepted & Life & Inbox;

/** A request that became no rollout, with what it asked for and why that was not done. */
type RejectedRollout = {
  status: 'rejected';
  code: string;
  detail: string;
  rejected_at: string;
  request: Omit<RequestedRollout, 'ref'>;
};

/** A rollout as a fold of its stream, of the requests aimed at it, and of its devices' update streams. */
export type Rollout = Inbox &
  ({ status: 'none' } | { status: 'requested'; request: RequestedRollout } | RejectedRollout | (Accepted & Life));

export const noRollout: Rollout = { status: 'none', actions: [], answered: [] };

/** The gates that hold a paused rollout. */
export function gatesOf({ gate, gates_before = [] }: Hold): GateDecision[] {
  return gate ? [...gates_before, gate] : [];
}

/** True for a rollout that was accepted, whatever became of it. */
export function isAccepted(rollout: Rollout): rollout is AcceptedRollout {
  return rollout.status !== 'none' && rollout.status !== 'requested' && rollout.status !== 'rejected';
}

/** The rollback of a rollout; undefined before it was triggered. */
export function rollbackIn(rollout: AcceptedRollout): Rollback | undefined {
  return 'rollback' in rollout ? rollout.rollback : undefined;
}

/** True for a rollback that has ended, whole or not: a device of it may still come late. */
export function isRollbackOver({ status }: Pick<Rollout, 'status'>): boolean {
  return status === 'rolled_back' || status === 'rollback_incomplete';
}

/** True for a rollback that somebody stopped: the devices that are not back wait for another one. */
export function isStoppedBack(rollout: AcceptedRollout): rollout is Extract<AcceptedRollout, { status: 'aborted' }> {
  return rollout.status === 'aborted' && rollout.rollback !== undefined;
}

/** True for a wave that the rollout waits for no longer, since somebody skipped it. */
export function isSkipped(wave: Wave): boolean {
  return wave.status === 'completed' && wave.skipped_at !== undefined;
}
