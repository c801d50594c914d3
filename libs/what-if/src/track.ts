import type { StoredEvent } from '@edgeflow/contracts';
import {
  endedWait,
  isAccepted,
  wasTold,
  type AcceptedRollout,
  type Member,
  type MemberEvent,
  type Rollout,
} from '@edgeflow/rollout';
import type { Outcome, RecordedDevice, Turn, Unfinished } from './recorded.js';

/** When and how late a device was told, of an update that is open. */
type Dispatched = Pick<Turn, 'reach_ms' | 'dispatched_position'> & { dispatched_ms: number };

/** One device of a rollout while its recording is read. */
export class Track {
  private readonly turns: Turn[] = [];
  private dispatched: Dispatched | undefined;
  /** Of a device that was cancelled. */
  private cancelled: Unfinished | undefined;

  constructor(public member: Member) {}

  /** Takes in what an event of its update stream has made of it. @param rollout as it was before the event */
  move(rollout: AcceptedRollout, event: MemberEvent, after: Member): void {
    const before = this.member;
    this.member = after;
    if (before.status === after.status) return;
    if (event.type === 'UpdateReverted') return this.revert(event.data.code);
    // Somebody has taken it elsewhere since: its update has succeeded all the same.
    if (before.status === 'succeeded') return;
    if (after.status === 'in_flight') this.dispatched = dispatchedBy(rollout, before, event);
    else if (after.status === 'cancelled') this.cancelled = this.unfinished(rollout, event.time, before);
    else this.end(rollout, before, event);
    if (after.status !== 'in_flight') this.dispatched = undefined;
  }

  /** What an event of the rollout means for a device that it does not name. @param rollout as it was before the event */
  operate(rollout: Rollout, event: StoredEvent): void {
    const { type, time, position } = event;
    const { member } = this;
    const over = type === 'RolloutAborted' || type === 'RollbackTriggered';
    if (type === 'WaveSkipped' && event.data.wave === member.wave && member.status === 'waiting') {
      return this.left(rollout, event, { status: 'skipped', code: 'wave-skipped' });
    }
    // That is the way back; here is the way out.
    if (type === 'RolloutRetried' && event.data.stage === 'rollback') return;
    if (type === 'RolloutRetried' && (event.data.wave ?? member.wave) !== member.wave) return;
    if (over && member.status === 'waiting') {
      const code = type === 'RolloutAborted' ? 'rollout-aborted' : 'rollout-rolled-back';
      this.left(rollout, event, { status: 'cancelled', code });
    } else if (type === 'RolloutRetried' && member.status === 'failed') {
      const tries_before = member.attempt;
      this.member = { ...member, status: 'waiting', tries_before, not_before: null, changed_at: time, position };
    }
  }

  /** Nobody tells it any more. */
  private left(rollout: Rollout, { time, position }: StoredEvent, left: Parameters<typeof endedWait>[1]): void {
    const { member } = this;
    if (isAccepted(rollout)) this.cancelled = this.unfinished(rollout, time, member);
    this.member = { ...member, ...endedWait(member, left), changed_at: time, position };
  }

  /** The device at the end of the log. */
  recorded(rollout: AcceptedRollout, last_at: string): RecordedDevice {
    const { member, turns } = this;
    const updates = turns.filter(({ dispatched }) => dispatched);
    return {
      device_id: member.device_id,
      outcome:
        member.status === 'skipped' && turns.at(-1)?.end === 'succeeded' ? { status: 'succeeded' } : outcomeOf(member),
      duration_ms: updates.at(-1)?.took_ms ?? null,
      failed_before: updates.slice(0, -1).filter(({ end }) => end === 'failed').length,
      turns,
      unfinished: this.cancelled ?? this.unfinished(rollout, last_at, member),
    };
  }

  private end(rollout: AcceptedRollout, before: Member, event: MemberEvent): void {
    const end_ms = Date.parse(event.time);
    const dispatched = this.dispatched ?? dispatchedBy(rollout, before, event);
    this.turns.push({
      dispatched: this.dispatched !== undefined,
      ...{ reach_ms: dispatched.reach_ms, took_ms: Math.max(0, end_ms - dispatched.dispatched_ms) },
      end: this.member.status === 'succeeded' || this.member.status === 'skipped' ? this.member.status : 'failed',
      code: this.member.code,
      ...{ dispatched_position: dispatched.dispatched_position, end_position: event.position },
    });
  }

  /** Its success did not last: it is no turn of its own, and the one that it had is a failure. */
  private revert(code: string): void {
    const turn = this.turns.pop();
    if (turn) this.turns.push({ ...turn, end: 'failed', code });
  }

  private unfinished(rollout: AcceptedRollout, at: string, member: Member): Unfinished {
    if (this.dispatched)
      return { reach_ms: this.dispatched.reach_ms, seen_ms: Date.parse(at) - this.dispatched.dispatched_ms };
    // Nobody is told while a rollout is paused: the wait for the device ended there.
    const until = rollout.status === 'paused' ? rollout.hold.at : at;
    return { reach_ms: member.status === 'waiting' ? reachOf(rollout, member, until) : 0, seen_ms: 0 };
  }
}

function dispatchedBy(rollout: AcceptedRollout, before: Member, { time, position }: MemberEvent): Dispatched {
  return { reach_ms: reachOf(rollout, before, time), dispatched_ms: Date.parse(time), dispatched_position: position };
}

/** How long a device that waited could have been told and was not; 0 while its wave had not started. */
function reachOf(rollout: AcceptedRollout, { wave: index, not_before, changed_at }: Member, until: string): number {
  const wave = rollout.waves[index];
  if (!wave || wave.status === 'pending') return 0;
  const from = Math.max(...[wave.since, changed_at, not_before ?? wave.since].map((time) => Date.parse(time)));
  return Math.max(0, Date.parse(until) - from);
}

function outcomeOf(member: Member): Outcome {
  const { status, code } = member;
  switch (status) {
    case 'succeeded':
      return { status };
    case 'failed':
    case 'skipped':
      return { status, code: code ?? 'unknown' };
    case 'waiting':
    case 'in_flight':
    case 'cancelled':
      if (!wasTold(member)) return { status: 'none', why: 'never_told' };
      return { status: 'none', why: status === 'cancelled' ? 'cancelled' : 'open' };
  }
}
