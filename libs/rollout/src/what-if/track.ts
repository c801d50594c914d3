import type { StoredEvent } from '@edgeflow/contracts';
import type { Member, MemberEvent } from '../member.js';
import { isAccepted, type AcceptedRollout, type Rollout } from '../rollout.state.js';
import type { Outcome, RecordedDevice, Turn, Unfinished } from './recorded.js';

/** When and how late a device was told, of an update that is open. */
type Told = Pick<Turn, 'reach_ms' | 'told_position'> & { told_ms: number };

/** One device of a rollout while its recording is read. */
export class Track {
  private readonly turns: Turn[] = [];
  private told: Told | undefined;
  /** Of a device that was cancelled. */
  private cancelled: Unfinished | undefined;

  constructor(public member: Member) {}

  /** Takes in what an event of its update lane has made of it. @param rollout as it was before the event */
  move(rollout: AcceptedRollout, event: MemberEvent, after: Member): void {
    const before = this.member;
    this.member = after;
    if (before.status === after.status) return;
    if (after.status === 'in_flight') this.told = toldBy(rollout, before, event);
    else if (after.status === 'cancelled') this.cancelled = this.unfinished(rollout, event.time, before);
    else this.end(rollout, before, event);
    if (after.status !== 'in_flight') this.told = undefined;
  }

  /** What an event of the rollout means for a device that it does not name. @param rollout as it was before the event */
  operate(rollout: Rollout, { type, time, position }: StoredEvent): void {
    const { member } = this;
    const over = type === 'RolloutAborted' || type === 'RollbackTriggered';
    if (over && member.status === 'waiting') {
      if (isAccepted(rollout)) this.cancelled = this.unfinished(rollout, time, member);
      this.member = { ...member, status: 'cancelled', changed_at: time, position };
    } else if (type === 'RolloutRetried' && member.status === 'failed') {
      const tries_before = member.attempt;
      this.member = { ...member, status: 'waiting', tries_before, not_before: null, changed_at: time, position };
    }
  }

  /** The device at the end of the log. */
  recorded(rollout: AcceptedRollout, last_at: string): RecordedDevice {
    const { member, turns } = this;
    const updates = turns.filter(({ told }) => told);
    return {
      device_id: member.device_id,
      outcome: outcomeOf(member),
      duration_ms: updates.at(-1)?.took_ms ?? null,
      failed_before: updates.slice(0, -1).filter(({ end }) => end === 'failed').length,
      turns,
      unfinished: this.cancelled ?? this.unfinished(rollout, last_at, member),
    };
  }

  private end(rollout: AcceptedRollout, before: Member, event: MemberEvent): void {
    const end_ms = Date.parse(event.time);
    const told = this.told ?? toldBy(rollout, before, event);
    this.turns.push({
      told: this.told !== undefined,
      ...{ reach_ms: told.reach_ms, took_ms: Math.max(0, end_ms - told.told_ms) },
      end: this.member.status === 'succeeded' || this.member.status === 'skipped' ? this.member.status : 'failed',
      code: 'code' in event.data ? event.data.code : null,
      ...{ told_position: told.told_position, end_position: event.position },
    });
  }

  private unfinished(rollout: AcceptedRollout, at: string, member: Member): Unfinished {
    if (this.told) return { reach_ms: this.told.reach_ms, seen_ms: Date.parse(at) - this.told.told_ms };
    // Nobody is told while a rollout is paused: the wait for the device ended there.
    const until = rollout.status === 'paused' ? rollout.hold.at : at;
    return { reach_ms: member.status === 'waiting' ? reachOf(rollout, member, until) : 0, seen_ms: 0 };
  }
}

function toldBy(rollout: AcceptedRollout, before: Member, { time, position }: MemberEvent): Told {
  return { reach_ms: reachOf(rollout, before, time), told_ms: Date.parse(time), told_position: position };
}

/** How long a device that waited could have been told and was not; 0 while its wave had not started. */
function reachOf(rollout: AcceptedRollout, { wave: index, not_before, changed_at }: Member, until: string): number {
  const wave = rollout.waves[index];
  if (!wave || wave.status === 'pending') return 0;
  const from = Math.max(...[wave.since, changed_at, not_before ?? wave.since].map((time) => Date.parse(time)));
  return Math.max(0, Date.parse(until) - from);
}

function outcomeOf({ status, attempt, code }: Member): Outcome {
  switch (status) {
    case 'succeeded':
      return { status };
    case 'failed':
    case 'skipped':
      return { status, code: code ?? 'unknown' };
    case 'waiting':
    case 'in_flight':
    case 'cancelled':
      if (attempt === 0) return { status: 'none', why: 'never_told' };
      return { status: 'none', why: status === 'cancelled' ? 'cancelled' : 'open' };
  }
}
