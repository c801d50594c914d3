import type { RetryPolicy, RolloutSpec, Stage, StoredEvent } from '@edgeflow/contracts';
import type { AcceptedRollout, MemberStatus } from './rollout.state.js';

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
  /** What it ran when it was told last. */
  from_version: string | null;
  /** Tries so far. */
  attempt: number;
  /** Tries that do not count for the retry policy, since somebody had the failed devices try again after them. */
  tries_before: number;
  update_id: string | null;
  /** Not to be told again before. */
  not_before: string | null;
  /** Why it failed last, was cancelled or skipped. */
  code: string | null;
  detail: string | null;
  /** True when it came after the plan. */
  joined: boolean;
  /** When its status changed last. */
  changed_at: string;
  /** Position of the last event that changed it. */
  position: number;
}

/** The events of update lanes that say how a device of a rollout goes on. */
export type MemberEvent = StoredEvent<
  | 'UpdateQueued'
  | 'UpdateDispatched'
  | 'UpdateCompleted'
  | 'UpdateFailed'
  | 'UpdateCancelled'
  | 'UpdateSkipped'
  | 'UpdateRejected'
>;

const MEMBER_EVENTS: readonly string[] = [
  'UpdateQueued',
  'UpdateDispatched',
  'UpdateCompleted',
  'UpdateFailed',
  'UpdateCancelled',
  'UpdateSkipped',
  'UpdateRejected',
];

/** Failures that another try would only repeat. */
const FINAL_CODES = new Set([
  'wrong-model',
  'signature-invalid',
  'declined',
  'device-revoked',
  'firmware-revoked',
  'firmware-unknown',
  'image-missing',
  'image-corrupt',
]);

/** True for an event of an update that a rollout wanted. */
export function isMemberEvent(event: StoredEvent): event is MemberEvent {
  return MEMBER_EVENTS.includes(event.type) && (event as MemberEvent).data.rollout_id !== undefined;
}

/** The stage that a member event belongs to. */
export function stageOf({ data }: MemberEvent): Stage {
  return data.rollback === true ? 'rollback' : 'forward';
}

/** True while failed devices of the stage get their further tries: not once the rollout was stopped or turned. */
export function retries(rollout: AcceptedRollout, stage: Stage): boolean {
  return stage === 'rollback'
    ? rollout.status === 'rolling_back'
    : rollout.status === 'running' || rollout.status === 'paused';
}

/** The member after one more event of its device's update lane; the same object when the event says nothing new of it. */
export function evolveMember(
  member: Member,
  event: MemberEvent,
  { retry }: Pick<RolloutSpec, 'retry'>,
  mayRetry: boolean,
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
      const { attempt = member.attempt + 1, from_version = null, update_id } = event.data;
      return to('in_flight', { update_id, attempt, from_version, not_before: null, code: null, detail: null });
    }
    case 'UpdateCompleted':
      return isOpen ? to('succeeded') : member;
    case 'UpdateFailed': {
      if (!isOpen) return member;
      const { code, detail } = event.data;
      const next = mayRetry ? nextTry(member, retry, code, changed_at) : undefined;
      return next ? to('waiting', { code, detail, not_before: next }) : to('failed', { code, detail });
    }
    case 'UpdateCancelled':
      return isOpen ? to('cancelled', { code: event.data.code, detail: event.data.detail }) : member;
    case 'UpdateSkipped':
    case 'UpdateRejected': {
      if (member.status !== 'waiting') return member;
      const { code, detail, update_id } = event.data;
      return to(event.type === 'UpdateSkipped' ? 'skipped' : 'failed', { code, detail, update_id, not_before: null });
    }
  }
}

/** When a failed device may try again; undefined when it may not. The pause doubles with each try. */
function nextTry(member: Member, retry: RetryPolicy | undefined, code: string, failedAt: string): string | undefined {
  const tries = member.attempt - member.tries_before;
  if (!retry || tries > retry.attempts || FINAL_CODES.has(code)) return undefined;
  const pause_s = retry.backoff_s * 2 ** (tries - 1);
  return new Date(Date.parse(failedAt) + pause_s * 1000).toISOString();
}
