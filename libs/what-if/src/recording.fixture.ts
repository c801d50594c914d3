import {
  decisionIn,
  type DataOf,
  type EventName,
  type Fact,
  type RolloutSpec,
  type StoredEvent,
} from '@edgeflow/contracts';
import {
  allowanceOf,
  countMember,
  evolve,
  evolveMember,
  isAccepted,
  isOfRollout,
  membersOf,
  noRollout,
  planRollout,
  retries,
  rolloutDecider,
  type Member,
  type MemberEvent,
  type Rollout,
} from '@edgeflow/rollout';

const ROLLOUT = 'rol_1';
const BEGAN_MS = Date.parse('2026-03-01T10:00:00.000Z');

/** What a device does each time it is told; the last one again and again. */
export interface Behaviour {
  takes_s: number;
  /** The failure's code; undefined for a success. */
  fails?: string;
}

export interface Scene {
  spec: Omit<RolloutSpec, 'version' | 'target'>;
  /** In the order of the rollout. */
  devices: readonly (readonly Behaviour[])[];
  /** What else happens, by second. */
  operators?: readonly { at_s: number; fact: Fact }[];
  /** The recording ends after so many seconds. */
  until_s?: number;
}

/** The spec of a scene, whole. */
export function wholeSpec(spec: Scene['spec']): RolloutSpec {
  return { version: '2.0.0', target: { fleet: 'north' }, ...spec };
}

const idOf = (n: number): string => `dev_${n}`;

/** A log being written by hand: positions and times come by themselves. */
export class Story {
  readonly events: StoredEvent[] = [];

  rollout<N extends EventName>(at_s: number, type: N, data: Omit<DataOf<N>, 'rollout_id'>): StoredEvent {
    return this.add('rollout', ROLLOUT, at_s, type, { rollout_id: ROLLOUT, ...data });
  }

  update(at_s: number, type: MemberEvent['type'], device_id: string, data: object = {}): MemberEvent {
    const about = { rollout_id: ROLLOUT, device_id, version: '2.0.0', update_id: `upd_${device_id}_1` };
    return this.add('update', device_id, at_s, type, { ...about, ...data }) as MemberEvent;
  }

  private add(entity: 'rollout' | 'update', entity_id: string, at_s: number, type: string, data: object): StoredEvent {
    const position = this.events.length + 1;
    const time = new Date(BEGAN_MS + at_s * 1000).toISOString();
    const envelope = {
      org: 'acme',
      entity,
      entity_id,
      id: `evt_${position}`,
      correlation_id: 'req_1',
      source: '/spec',
    };
    const event = { ...envelope, position, time, type, data } as unknown as StoredEvent;
    this.events.push(event);
    return event;
  }
}

/**
 * Records a rollout as a naive orchestrator would run it: second by second it ends what is over, decides, and tells whom it may. It has
 * nothing of the simulation's clock or queues, so that the one can be held against the other.
 */
export function record(scene: Scene): StoredEvent[] {
  return new Recorder(scene).run();
}

class Recorder {
  private readonly story = new Story();
  private rollout: Rollout = noRollout;
  private members: Member[] = [];
  private readonly ends: { at_s: number; n: number; behaviour: Behaviour }[] = [];

  constructor(private readonly scene: Scene) {}

  run(): StoredEvent[] {
    const { spec, devices, operators = [], until_s = 2_000 } = this.scene;
    const request = { request_id: 'req_1', spec: wholeSpec(spec), ref: { id: 'req_1', correlation_id: 'req_1' } };
    this.write(0, {
      type: 'RolloutAccepted',
      data: planRollout(ROLLOUT, request, { eligible: devices.length, excluded: {} }),
    });
    const planned = devices.map((_, n) => ({ device_id: idOf(n) }));
    this.write(0, {
      type: 'RolloutDevicesPlanned',
      data: { rollout_id: ROLLOUT, stage: 'forward', devices: planned, excluded: [] },
    });
    for (let second = 0; second <= until_s; second++) {
      for (const { at_s, fact } of operators) if (at_s === second) this.write(second, fact);
      this.tick(second);
    }
    return this.story.events;
  }

  private tick(second: number): void {
    this.decide(second);
    for (const end of this.ends.filter(({ at_s }) => at_s === second)) {
      this.end(second, end.n, end.behaviour);
      this.decide(second);
    }
    while (this.dispatchSome(second));
  }

  private dispatchSome(second: number): boolean {
    const allowance = allowanceOf(this.rollout, timeOf(second));
    if (allowance?.stage !== 'forward') return false;
    const free = this.members.flatMap(({ status, wave, not_before }, n) => {
      const may = not_before === null || Date.parse(not_before) <= timeOf(second).getTime();
      return status === 'waiting' && may && allowance.waves.includes(wave) ? [n] : [];
    });
    const now = free.slice(0, Math.min(free.length, allowance.devices));
    for (const n of now) this.dispatch(second, n);
    return now.length > 0;
  }

  private decide(second: number): void {
    for (;;) {
      const command = { type: 'Proceed', rollout_id: ROLLOUT, at: timeOf(second) } as const;
      const { facts } = decisionIn(rolloutDecider.decide(command, this.rollout));
      if (facts.length === 0) return;
      for (const fact of facts) this.write(second, fact);
    }
  }

  private write(second: number, { type, data }: Fact): void {
    const before = this.rollout;
    const event = this.story.rollout(second, type, data as never);
    if (isOfRollout(event)) this.rollout = evolve(before, event);
    if (event.type === 'RolloutDevicesPlanned' && isAccepted(before)) {
      this.members = [...this.members, ...membersOf(before, event.data, event)];
    }
    if (event.type === 'RolloutAborted' || event.type === 'RollbackTriggered') {
      this.members = this.members.map((one) => (one.status === 'waiting' ? { ...one, status: 'cancelled' } : one));
      this.members.forEach(({ status, device_id, update_id }, n) => {
        if (status !== 'in_flight') return;
        const why = { update_id, code: 'rollout-aborted', detail: '' };
        this.fold(n, this.story.update(second, 'UpdateCancelled', device_id, why));
      });
    }
  }

  private dispatch(second: number, n: number): void {
    const { device_id, attempt } = there(this.members[n]);
    const update_id = `upd_${device_id}_${attempt + 1}`;
    this.fold(n, this.story.update(second, 'UpdateQueued', device_id, { update_id, attempt: attempt + 1 }));
    this.fold(n, this.story.update(second, 'UpdateDispatched', device_id, { update_id, attempt: attempt + 1 }));
    const behaviours = there(this.scene.devices[n]);
    const behaviour = behaviours[attempt] ?? there(behaviours.at(-1));
    this.ends.push({ at_s: second + behaviour.takes_s, n, behaviour });
  }

  private end(second: number, n: number, { fails }: Behaviour): void {
    const { device_id, update_id, status } = there(this.members[n]);
    if (status !== 'in_flight') return; // It was withdrawn.
    const type = fails === undefined ? 'UpdateCompleted' : 'UpdateFailed';
    const why = fails === undefined ? {} : { code: fails, detail: '' };
    this.fold(n, this.story.update(second, type, device_id, { update_id, ...why }));
  }

  private fold(n: number, event: MemberEvent): void {
    const before = there(this.members[n]);
    if (!isAccepted(this.rollout)) return;
    const after = evolveMember(before, event, this.rollout.spec, retries(this.rollout, 'forward', before.wave));
    this.members[n] = after;
    this.rollout = countMember(this.rollout, event, before, after);
  }
}

function timeOf(second: number): Date {
  return new Date(BEGAN_MS + second * 1000);
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the scene has no such device');
  return value;
}
