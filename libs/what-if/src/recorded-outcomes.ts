import { Refused, isOf, type DataOf, type EventOf, type GateDecision, type StoredEvent } from '@edgeflow/contracts';
import {
  countMember,
  evolve,
  evolveMember,
  isAccepted,
  isMemberEvent,
  mayStillFail,
  membersOf,
  noRollout,
  retries,
  stageOf,
  wavesAnew,
  type AcceptedRollout,
  type Member,
  type MemberEvent,
  type Rollout,
} from '@edgeflow/rollout';
import type { Recorded, RecordedGroup } from './recorded.js';
import { runOf, type Run } from './run.js';
import { Track } from './track.js';
import { WayBack } from './way-back.js';

/**
 * Reads what came of a rollout's devices. Pure.
 * @param events of one rollout's stream, and of the update streams those that carry its id; in any order, others are passed over
 * @throws Refused `rollout-unknown` when the rollout is not among the events, or never was one since its request was rejected
 */
export function recordedOutcomes(events: readonly StoredEvent[]): Recorded {
  const recording = new Recording();
  for (const event of events.toSorted((a, b) => a.position - b.position)) recording.add(event);
  return recording.outcomes();
}

/** What people do to a rollout; a simulation has nobody who would. */
const OPERATED = [
  ...(['RolloutPaused', 'RolloutResumed', 'RolloutAborted', 'RollbackTriggered', 'RolloutRetried'] as const),
  ...(['WaveSkipped', 'RolloutAmended'] as const),
] as const;
type Operated = StoredEvent<(typeof OPERATED)[number]>;

class Recording {
  private rollout: Rollout = noRollout;
  private readonly tracks = new Map<string, Track>();
  private readonly way_back = new WayBack();
  private readonly groups: { joined?: RecordedGroup['joined']; tracks: Track[] }[] = [];
  private readonly by_operators: Record<string, number> = {};
  private started_at: string | undefined;
  private last_at = '';
  private at_stop: Run | undefined;

  add(event: StoredEvent): void {
    if (isOf(event, 'rollout')) this.addOwn(event);
    else if (isMemberEvent(event)) this.addOfMember(event);
  }

  outcomes(): Recorded {
    const { rollout, by_operators, at_stop } = this;
    if (rollout.status === 'rejected')
      throw new Refused('rollout-unknown', `The rollout was rejected: ${rollout.code}.`);
    if (!isAccepted(rollout)) throw new Refused('rollout-unknown');
    const { rollout_id, request_id, spec, excluded, accepted_at } = rollout;
    const groups = this.groups.map(({ joined, tracks }) => ({
      ...(joined && { joined }),
      devices: tracks.map((track) => track.recorded(rollout, this.last_at)),
    }));
    return {
      ...{ rollout_id, request_id, spec, excluded, accepted_at, groups, by_operators, at_stop },
      started_at: this.started_at ?? accepted_at,
      in_the_end: this.run(rollout, this.last_at),
    };
  }

  private addOwn(event: EventOf<'rollout'>): void {
    const before = this.rollout;
    this.rollout = evolve(before, event);
    if (!isAccepted(this.rollout)) return;
    this.last_at = event.time;
    if (event.type === 'RolloutStarted') this.started_at ??= event.time;
    if (event.type === 'RolloutDevicesPlanned' && isAccepted(before)) this.plan(before, event);
    if (isAccepted(before)) this.way_back.operate(before, event);
    if (isOperated(event)) this.operate(before, this.rollout, event);
  }

  private plan(before: AcceptedRollout, event: StoredEvent<'RolloutDevicesPlanned'>): void {
    if (event.data.stage !== 'forward') return;
    const tracks = membersOf(before, event.data, event).map((member) => new Track(member));
    for (const track of tracks) this.tracks.set(track.member.device_id, track);
    if (event.data.joined !== true) return void this.groups.push({ tracks });
    const after_ms = Date.parse(event.time) - Date.parse(this.started_at ?? before.accepted_at);
    this.groups.push({ joined: { after_ms, position: event.position }, tracks });
  }

  private operate(before: Rollout, after: AcceptedRollout, event: Operated): void {
    for (const track of this.tracks.values()) track.operate(before, event);
    if (event.type === 'RolloutAmended' && isAccepted(before)) this.shareOutAnew(before, event.data);
    const { cause, gate } = event.data;
    if (cause === 'operator') this.by_operators[event.type] = (this.by_operators[event.type] ?? 0) + 1;
    else if (gate) this.at_stop ??= this.run(after, event.time, gate);
  }

  /** Another pace has put the devices that wait into other waves. */
  private shareOutAnew(before: AcceptedRollout, { waves = [], from }: DataOf<'RolloutAmended'>): void {
    if (from === undefined) return;
    const tail = [...this.tracks.values()].filter(({ member }) => member.wave >= from);
    const places = wavesAnew(before.waves, waves, from);
    for (const track of tail.toSorted((a, b) => a.member.rank - b.member.rank)) track.member = places(track.member);
  }

  private addOfMember(event: MemberEvent): void {
    if (stageOf(event) === 'forward') this.addOnTheWayOut(event);
    else if (isAccepted(this.rollout)) this.rollout = this.way_back.move(this.rollout, event);
  }

  private addOnTheWayOut(event: MemberEvent): void {
    const track = this.tracks.get(event.data.device_id);
    if (!track || !isAccepted(this.rollout) || event.data.rollout_id !== this.rollout.rollout_id) return;
    const before = track.member;
    const may = [
      retries(this.rollout, 'forward', before.wave),
      mayStillFail(this.rollout, event, before.wave),
    ] as const;
    const after = evolveMember(before, event, this.rollout.spec, ...may);
    if (after === before) return;
    track.move(this.rollout, event, after);
    this.rollout = countMember(this.rollout, event, before, after);
    this.last_at = event.time;
  }

  private run(rollout: AcceptedRollout, at: string, stop?: GateDecision): Run {
    const started_ms = Date.parse(this.started_at ?? rollout.accepted_at);
    return runOf(rollout, this.members(), { started_ms, now_ms: Date.parse(at), stop });
  }

  private *members(): Iterable<Member> {
    for (const { member } of this.tracks.values()) yield member;
  }
}

function isOperated(event: StoredEvent): event is Operated {
  return OPERATED.some((type) => type === event.type);
}
