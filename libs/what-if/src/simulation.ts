import { decisionIn, type Fact, type GateDecision } from '@edgeflow/contracts';
import {
  allowanceOf,
  countMember,
  evolve,
  evolveMember,
  isAccepted,
  membersOf,
  nextWave,
  noRollout,
  retries,
  rolloutDecider,
  roomOf,
  soakEnds,
  windowAt,
  type AcceptedRollout,
  type MemberEvent,
  type Rollout,
  type RolloutFact,
} from '@edgeflow/rollout';
import { Agenda } from './agenda.js';
import type { Assumed } from './assumed.js';
import { MinHeap } from './min-heap.js';
import type { Recorded, RecordedGroup } from './recorded.js';
import { ReplayedDevice } from './replayed-device.js';
import { runOf, type Run } from './run.js';
import { endEvent, streamEvent, dispatchedEvent, type Place } from './simulated-events.js';

export interface SimulationOptions {
  recorded: Recorded;
  plan: Fact<'RolloutAccepted'>;
  assumed: Assumed;
  /** False where the recording does not tell how late a device could be reached. */
  reachIsKnown: boolean;
  /** Milliseconds since 1970. */
  start_ms: number;
}

/**
 * A rollout in simulated time. What happens at each moment is what the orchestrator's decider says, and devices do as they are recorded.
 * Ends where a gate stops it, or where nothing is left to happen.
 */
export class Simulation {
  readonly devices: ReplayedDevice[] = [];
  private rollout: Rollout = noRollout;
  private started_ms: number | undefined;
  private stop: GateDecision | undefined;
  private position = 0;
  private readonly agenda: Agenda;
  /** Devices that could be told now. */
  private readonly ready = new MinHeap<ReplayedDevice>((a, b) => a.member.rank < b.member.rank);

  constructor(private readonly options: SimulationOptions) {
    this.agenda = new Agenda(options.start_ms);
  }

  run(): Run {
    this.apply(this.options.plan);
    for (const group of this.options.recorded.groups) if (!group.joined) this.plan(group);
    do this.decide();
    while (!this.stop && this.goOn());
    const { rollout, stop } = this;
    if (!isAccepted(rollout)) throw new Error('a planned rollout is an accepted one');
    const { now_ms } = this.agenda;
    const members = this.devices.map(({ member }) => member);
    return runOf(rollout, members, { started_ms: this.started_ms ?? now_ms, now_ms, stop });
  }

  /** What is due, up to a change; else all devices that may be told; else the next moment. @returns false when nothing is left */
  private goOn(): boolean {
    const { rollout, agenda } = this;
    while (agenda.happenOne()) if (this.rollout !== rollout) return true;
    return this.dispatch() || agenda.advance(isAccepted(rollout) ? this.timesOf(rollout) : []);
  }

  private decide(): void {
    const { rollout_id } = this.options.recorded;
    while (!this.stop) {
      const command = { type: 'Proceed', rollout_id, at: this.agenda.at } as const;
      const { facts } = decisionIn(rolloutDecider.decide(command, this.rollout));
      if (facts.length === 0) return;
      for (const fact of facts) this.apply(fact);
    }
  }

  private apply(fact: RolloutFact): void {
    this.rollout = evolve(this.rollout, streamEvent(this.options.recorded.rollout_id, fact, this.place()));
    if (fact.type === 'RolloutStarted') this.start();
    if (fact.type === 'WaveStarted') this.makeReady(this.waitingIn(fact.data.wave));
    if ('gate' in fact.data && fact.type !== 'WaveCompleted') this.stop = fact.data.gate;
  }

  private start(): void {
    this.started_ms = this.agenda.now_ms;
    for (const group of this.options.recorded.groups) {
      const { joined } = group;
      if (joined) this.agenda.later(joined.after_ms, { position: joined.position, rank: 0 }, () => this.plan(group));
    }
  }

  private plan({ joined, devices }: RecordedGroup): void {
    const { recorded, assumed, reachIsKnown } = this.options;
    const { rollout, position } = this;
    if (!isAccepted(rollout)) return;
    const planned = devices.map(({ device_id }) => ({ device_id }));
    const about = { rollout_id: recorded.rollout_id, stage: 'forward' as const, devices: planned, excluded: [] };
    const data = { ...about, ...(joined && { joined: true }) };
    const members = membersOf(rollout, data, { time: this.agenda.at.toISOString(), position });
    const added = devices.flatMap((device, n) => {
      const member = members[n];
      return member ? [new ReplayedDevice(member, device, assumed, reachIsKnown)] : [];
    });
    for (const device of added) this.devices.push(device);
    this.apply({ type: 'RolloutDevicesPlanned', data });
    this.makeReady(added.filter(({ member }) => this.isRunning(member.wave)));
  }

  /** Each can be told, or is refused, as long after its turn came as it is recorded. */
  private makeReady(devices: readonly ReplayedDevice[]): void {
    for (const device of devices) {
      const { not_before, rank } = device.member;
      const turn = device.next();
      const backoff_ms = not_before === null ? 0 : Math.max(0, Date.parse(not_before) - this.agenda.now_ms);
      this.agenda.later(backoff_ms + turn.reach_ms, { position: turn.dispatched_position, rank }, () => {
        if (turn.dispatched) return this.ready.put(device);
        device.take();
        this.move(device, endEvent(device.member, turn, this.place()));
      });
    }
  }

  /** Tells as many as may be told. @returns false when nobody was */
  private dispatch(): boolean {
    const allowance = this.ready.size > 0 ? allowanceOf(this.rollout, this.agenda.at) : undefined;
    if (allowance?.stage !== 'forward') return false;
    for (let n = 0; n < allowance.devices; n++) {
      const device = this.ready.take();
      if (!device) break;
      this.dispatchOne(device);
    }
    return true;
  }

  private dispatchOne(device: ReplayedDevice): void {
    const turn = device.next();
    device.take();
    this.move(device, dispatchedEvent(device.member, this.place()));
    this.agenda.later(turn.took_ms, { position: turn.end_position, rank: device.member.rank }, () => {
      this.move(device, endEvent(device.member, turn, this.place()));
      if (device.member.status === 'waiting') this.makeReady([device]);
    });
  }

  private move(device: ReplayedDevice, event: MemberEvent): void {
    const { rollout } = this;
    if (!isAccepted(rollout)) return;
    const before = device.member;
    device.member = evolveMember(before, event, rollout.spec, retries(rollout, 'forward', before.wave));
    this.rollout = countMember(rollout, event, before, device.member);
  }

  /** When time alone changes what a rollout may do, in milliseconds since 1970. */
  private timesOf(rollout: AcceptedRollout): (number | undefined)[] {
    const { start_at, window } = rollout.spec;
    const { at } = this.agenda;
    const next = rollout.status === 'running' ? (nextWave(rollout) ?? rollout.waves.length) : undefined;
    const waits = this.ready.size > 0;
    const state = waits && window ? windowAt(window, at) : undefined;
    return [
      rollout.status === 'accepted' && start_at !== undefined ? Date.parse(start_at) : undefined,
      next === undefined ? undefined : soakEnds(rollout, next),
      waits ? roomOf(rollout, at).rate_frees_at : undefined,
      state?.open === false && state.opens_at !== null ? Date.parse(state.opens_at) : undefined,
    ];
  }

  private waitingIn(wave: number): ReplayedDevice[] {
    return this.devices.filter(({ member }) => member.wave === wave && member.status === 'waiting');
  }

  private isRunning(wave: number): boolean {
    return isAccepted(this.rollout) && this.rollout.waves[wave]?.status === 'running';
  }

  private place(): Place {
    return { position: ++this.position, at: this.agenda.at };
  }
}
