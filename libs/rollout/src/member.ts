import { unreachable } from '@edgeflow/contracts';
import type { EventName, RetryPolicy, RolloutSpec, Stage, StoredEvent } from '@edgeflow/contracts';
import { isRetrying } from './end-of-wait.js';
import { isSkipped, type AcceptedRollout, type MemberStatus } from './rollout.state.js';

/** One device in one stage of a rollout. Flat, since it is stored as it is: each of these fields is a column. */
export interface Member {
  rollout_id: string;
  device_id: string;
  stage: Stage;
  /** Its place in the order of the stage, from 0 on. */
  rank: number;
  wave: number;
  status: MemberStatus;
  /** The version that it is to run: the rollout's, or the one that it goes back to. */
  version: string;
  /** What it ran when it was told last; of an earlier try, where it ran the version by then. */
  from_version: string | null;
  /** Tries so far. */
  attempt: number;
  /** Tries that do not count for the retry policy, since somebody had the failed devices try again after them. */
  tries_before: number;
  update_id: string | null;
  /** By when the update that was told last has to have ended; null while it was told of none. */
  deadline_at: string | null;
  /** Not to be told again before: it has failed and tries again, or somebody wants it later. */
  not_before: string | null;
  /** Why it failed last, was cancelled or skipped; `postponed` while somebody wants it later. */
  code: string | null;
  detail: string | null;
  /** True when it did not keep the version that it had come to last. */
  reverted: boolean;
  /** True when it came after the plan. */
  joined: boolean;
  /** Position of the event that planned it: a device that has its id later is another one. */
  planned_position: number;
  /** When its status changed last. */
  changed_at: string;
  /** Position of the last event that changed it. */
  position: number;
}

/** The events of update streams that say how a device of a rollout goes on. */
const MEMBER_EVENTS = [
  ...(['UpdateQueued', 'UpdateDispatched', 'UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'] as const),
  ...(['UpdatePostponed', 'UpdateSkipped', 'UpdateRejected', 'UpdateReverted'] as const),
] as const satisfies readonly EventName[];
export type MemberEvent = StoredEvent<(typeof MEMBER_EVENTS)[number]>;

/** Failures that another try would only repeat, or that wear out flash with each. */
const FINAL_CODES = new Set([
  'reboot-loop',
  'wrong-model',
  'signature-invalid',
  'manifest-mismatch',
  'manifest-expired',
  'downgrade-refused',
  'declined',
  'device-revoked',
  'device-removed',
  'firmware-revoked',
  'firmware-unknown',
  'image-missing',
  'image-corrupt',
]);

/** The code of a device whose update somebody there wants later. */
export const POSTPONED = 'postponed';

/** True for a device whose update is open, and that is not to be told of it before `not_before`. */
export function isPostponed({ status, code }: Pick<Member, 'status' | 'code'>): boolean {
  return status === 'in_flight' && code === POSTPONED;
}

/** True for a device that the rollout has told: tries that are counted on from those of whoever had its id before are not its own. */
export function wasTold({ deadline_at }: Pick<Member, 'deadline_at'>): boolean {
  return deadline_at !== null;
}

/** True for a device where somebody did not want the update: a choice, and no failure. */
export function isDeclined({ status, code }: Pick<Member, 'status' | 'code'>): boolean {
  return status === 'cancelled' && code === 'declined';
}

/** True for an event of an update that a rollout wanted. */
export function isMemberEvent(event: StoredEvent): event is MemberEvent {
  return MEMBER_EVENTS.some((type) => type === event.type) && (event as MemberEvent).data.rollout_id !== undefined;
}

/** The stage that a member event belongs to. */
export function stageOf({ data }: MemberEvent): Stage {
  return data.rollback === true ? 'rollback' : 'forward';
}

/** True while failed devices of a wave get their further tries: not once the rollout was stopped or turned, or the wave skipped. */
export function retries(rollout: AcceptedRollout, stage: Stage, index: number): boolean {
  const wave = stage === 'forward' ? rollout.waves[index] : undefined;
  if (wave && isSkipped(wave)) return false;
  return stage === 'rollback'
    ? rollout.status === 'rolling_back'
    : rollout.status === 'running' || rollout.status === 'paused';
}

/**
 * The member after one more event of its device's update stream; the same object when the event says nothing new of it.
 * @param counts true while a success that does not last is none of its wave (`mayStillFail`)
 */
export function evolveMember(
  member: Member,
  event: MemberEvent,
  { retry, version }: Pick<RolloutSpec, 'retry' | 'version'>,
  mayRetry: boolean,
  counts = false,
): Member {
  if (event.position <= member.position) return member;
  const { data, time: changed_at, position } = event;
  const to = (status: MemberStatus, change: Partial<Member> = {}): Member => ({
    ...member,
    ...change,
    ...{ status, changed_at, position },
  });
  const isOpen = member.status === 'in_flight' && member.update_id === data.update_id;
  switch (event.type) {
    case 'UpdateQueued':
    case 'UpdateDispatched': {
      if (member.status !== 'waiting' && !isOpen) return member;
      const { attempt = member.attempt + 1, update_id, deadline_at } = event.data;
      const told = { update_id, attempt, from_version: cameFrom(member, event.data), deadline_at };
      return to('in_flight', { ...told, not_before: null, code: null, detail: null });
    }
    case 'UpdatePostponed': {
      const { until, reason, deadline_at } = event.data;
      const off = { code: POSTPONED, detail: reason ?? null, not_before: until, deadline_at };
      return isOpen ? to('in_flight', off) : member;
    }
    case 'UpdateCompleted':
      return isOpen ? to('succeeded', { code: null, detail: null, not_before: null, reverted: false }) : member;
    case 'UpdateFailed': {
      if (!isOpen) return member;
      const { code, detail } = event.data;
      const next = mayRetry ? nextTry(member, retry, code, changed_at) : undefined;
      return next
        ? to('waiting', { code, detail, not_before: next })
        : to('failed', { code, detail, not_before: null });
    }
    case 'UpdateCancelled': {
      const { code, detail } = event.data;
      return isOpen ? to('cancelled', { code, detail, not_before: null }) : member;
    }
    case 'UpdateReverted': {
      if (!isLostBy(member, data.update_id)) return member;
      const { code, detail, runs } = event.data;
      // On the way back it is taken in again, once: it may go on like that.
      const isAgain = member.stage === 'rollback' && mayRetry && runs === version && !member.reverted;
      // Where it was found away, that had the id of a try.
      const attempt = member.status === 'skipped' ? member.attempt + 1 : member.attempt;
      const lost = { code, detail, attempt, reverted: true };
      if (isAgain) return to('waiting', { ...lost, tries_before: attempt });
      return to(counts ? 'failed' : 'succeeded', lost);
    }
    case 'UpdateSkipped':
    case 'UpdateRejected': {
      if (member.status !== 'waiting' && !(counts && isTaken(member, event))) return member;
      if (staysFailed(member, event)) return to('failed', { not_before: null });
      const { code, detail } = event.data;
      // Of one that was told before, its last update is still that one: it may come up on the version all the same.
      const { update_id } = wasTold(member) ? member : event.data;
      return to(event.type === 'UpdateSkipped' ? 'skipped' : 'failed', { code, detail, update_id, not_before: null });
    }
    default:
      return unreachable(event);
  }
}

/** Once it was told to leave something for the version, it came from there, whatever it ran at a later try. */
function cameFrom(member: Member, { from_version }: { from_version?: string }): string | null {
  return from_version === undefined || from_version === member.version
    ? (member.from_version ?? from_version ?? null)
    : from_version;
}

/** True for the update that had brought a device to its version, or that had found it back there, or elsewhere, on the way back. */
function isLostBy({ stage, status, update_id }: Member, lost: string): boolean {
  return (status === 'succeeded' && update_id === lost) || (stage === 'rollback' && status === 'skipped');
}

/** True where somebody has taken a device elsewhere that had succeeded: it says nothing of the version any more. */
function isTaken(
  { status, update_id }: Member,
  { type, data }: StoredEvent<'UpdateSkipped' | 'UpdateRejected'>,
): boolean {
  return type === 'UpdateSkipped' && status === 'succeeded' && update_id === data.update_id;
}

/**
 * True for a device whose retry policy had it wait for another try that it does not get: why not does not take the place of its failure. But where it runs the
 * version by now, or need not be brought back any more. Whoever had it try again by hand hears what has become of that.
 */
function staysFailed(member: Member, { type, data }: StoredEvent<'UpdateSkipped' | 'UpdateRejected'>): boolean {
  if (!isRetrying(member) || member.not_before === null) return false;
  return type === 'UpdateRejected' || (member.stage === 'forward' && data.code !== 'already-on-target');
}

/** When a failed device may try again; undefined when it may not. The pause doubles with each try. */
function nextTry(member: Member, retry: RetryPolicy | undefined, code: string, failedAt: string): string | undefined {
  const tries = member.attempt - member.tries_before;
  if (!retry || tries > retry.attempts || FINAL_CODES.has(code)) return undefined;
  const pause_s = retry.backoff_s * 2 ** (tries - 1);
  return new Date(Date.parse(failedAt) + pause_s * 1000).toISOString();
}
