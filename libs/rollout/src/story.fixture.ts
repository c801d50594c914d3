import {
  toEvent,
  type DataOf,
  type EventName,
  type Fact,
  type OtaEvent,
  type RolloutAction,
  type RolloutSpec,
  type Stage,
  type StoredEvent,
} from '@edgeflow/contracts';
import { rolloutIdOf } from './addressing.js';
import { allowanceOf } from './allowance.js';
import { evolveMember, isMemberEvent, retries, stageOf, type Member, type MemberEvent } from './member.js';
import { membersOf } from './placement.js';
import { planRollout } from './plan-rollout.js';
import { decide, type RolloutDecision } from './rollout.decider.js';
import { countMember, evolve } from './rollout.evolve.js';
import { isAccepted, noRollout, type AcceptedRollout, type Rollout } from './rollout.state.js';

export const start = new Date('2026-02-21T12:00:00.000Z');
export const rollout_id = rolloutIdOf('acme', 'req_1');

/** The start, so many seconds later. */
export const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

/** Version 2.0.0 for the fleet north, all at once, where the wish says nothing else. */
export const specWith = (wish: Partial<RolloutSpec> = {}): RolloutSpec => ({
  version: '2.0.0',
  target: { fleet: 'north' },
  strategy: { type: 'all_at_once' },
  ...wish,
});

const REQUESTS = {
  pause: 'RolloutPauseRequested',
  resume: 'RolloutResumeRequested',
  abort: 'RolloutAbortRequested',
  approve: 'RolloutApproveRequested',
  retry: 'RolloutRetryRequested',
  rollback: 'RollbackRequested',
} as const satisfies Record<RolloutAction, EventName>;

const entityOf = (type: EventName): OtaEvent['entity'] => {
  if (type.endsWith('Requested')) return 'request';
  return type.startsWith('Update') ? 'update' : 'rollout';
};

/** The event of a fact, of acme, at a position of the log. */
export function storedAt<N extends EventName>(
  fact: Fact<N>,
  { position, at, entity_id }: { position: number; at: Date; entity_id: string },
): StoredEvent<N> {
  const about = { id: `evt_${position}`, source: '/spec', time: at.toISOString() };
  const lane = { org: 'acme', entity: entityOf(fact.type), entity_id };
  return { ...toEvent(lane, fact, about), position } as unknown as StoredEvent<N>;
}

const keyOf = (stage: Stage, device_id: string) => `${stage}/${device_id}`;

/**
 * A rollout as its services play it, in memory: its log, its state, its devices, and a clock that stands still until it is moved.
 * Devices are dev_0, dev_1 … in the rollout's order.
 */
export class Story {
  readonly history: StoredEvent[] = [];
  readonly members = new Map<string, Member>();
  rollout: Rollout = noRollout;
  at = start;
  private requests = 1;

  /** The story of a rollout that was asked for and is planned for so many devices. */
  static planned(wish: Partial<RolloutSpec> = {}, devices = 0, excluded: readonly string[] = []): Story {
    const story = new Story().asked(wish);
    if (story.rollout.status !== 'requested') throw new Error('the story starts wrong');
    const counts: Record<string, number> = {};
    for (const reason of excluded) counts[reason] = (counts[reason] ?? 0) + 1;
    const plan = planRollout(rollout_id, story.rollout.wish, { eligible: devices, excluded: counts });
    story.append({ type: 'RolloutAccepted', data: plan });
    const left = excluded.map((reason, n) => ({ device_id: `out_${n}`, reason }));
    if (devices > 0 || left.length > 0) story.plan('forward', namesOf(devices), { excluded: left });
    return story;
  }

  /** The same, and decided as far as it goes. */
  static started(wish: Partial<RolloutSpec> = {}, devices = 0): Story {
    const story = Story.planned(wish, devices);
    story.decide();
    return story;
  }

  get accepted(): AcceptedRollout {
    if (!isAccepted(this.rollout)) throw new Error(`the rollout is ${this.rollout.status}`);
    return this.rollout;
  }

  asked(wish: Partial<RolloutSpec> = {}): this {
    this.append({ type: 'RolloutRequested', data: specWith(wish) }, 'req_1');
    return this;
  }

  /** Moves the clock. */
  wait(seconds: number): this {
    this.at = new Date(this.at.getTime() + seconds * 1000);
    return this;
  }

  /** Somebody asks for an action. */
  ask(action: RolloutAction, about: Partial<DataOf<'RolloutPauseRequested'>> = {}, request_id?: string): this {
    this.requests += 1;
    const fact = { type: REQUESTS[action], data: { rollout_id, ...about } } as Fact;
    this.append(fact, request_id ?? `req_${this.requests}`);
    return this;
  }

  /** Puts devices into the rollout. */
  plan(
    stage: Stage,
    devices: readonly string[],
    more: Partial<DataOf<'RolloutDevicesPlanned'>> & { version?: string } = {},
  ): this {
    const { version, ...rest } = more;
    const planned = devices.map((device_id) => ({ device_id, ...(version !== undefined && { version }) }));
    this.append({
      type: 'RolloutDevicesPlanned',
      data: { rollout_id, stage, devices: planned, excluded: [], ...rest },
    });
    return this;
  }

  /** Plans the way back of every device that the rollout moved. @returns how many there were */
  planBack(version = '1.0.0'): number {
    const moved = this.all('forward').filter(
      ({ status, device_id }) => status === 'succeeded' && !this.members.has(keyOf('rollback', device_id)),
    );
    const devices = moved.map(({ device_id }) => device_id);
    if (devices.length > 0) this.plan('rollback', devices, { version });
    return devices.length;
  }

  /** Lets the decider say what happens next and writes it down. @returns the types of the events, in order */
  decide(unplanned: number | undefined = 0): EventName[] {
    return this.decision(unplanned)?.facts.map(({ type }) => type) ?? [];
  }

  /** The same with all that the decision says. */
  decision(unplanned: number | undefined = 0): RolloutDecision | undefined {
    const decision = decide(this.rollout, { rollout_id, at: this.at, ...(unplanned !== undefined && { unplanned }) });
    for (const fact of decision?.facts ?? []) this.append(fact);
    return decision;
  }

  /** Tells as many devices as the rollout allows, those that back off or are away aside, at most `most`. @returns their ids */
  tell(most = Infinity, isThere: (device: string) => boolean = () => true): string[] {
    const allowance = allowanceOf(this.rollout, this.at);
    if (!allowance) return [];
    const { stage, waves, devices } = allowance;
    const ready = this.all(stage)
      .filter(({ status, wave }) => status === 'waiting' && waves.includes(wave))
      .filter(({ not_before }) => not_before === null || Date.parse(not_before) <= this.at.getTime())
      .filter(({ device_id }) => isThere(device_id))
      .slice(0, Math.min(devices, most));
    for (const { device_id } of ready) this.open(stage, device_id);
    return ready.map(({ device_id }) => device_id);
  }

  succeed(...devices: readonly string[]): this {
    return this.each(devices, (member) => ({ type: 'UpdateCompleted', data: this.ofUpdate(member) as never }));
  }

  fail(device: string, code = 'install-failed', stage: Stage = 'forward'): this {
    return this.end(device, 'UpdateFailed', code, stage);
  }

  /** Its update is withdrawn. */
  cancel(device: string, code = 'rollout-aborted', stage: Stage = 'forward'): this {
    return this.end(device, 'UpdateCancelled', code, stage);
  }

  /** It was never told: `UpdateSkipped` or `UpdateRejected`. */
  refuse(device: string, type: 'UpdateSkipped' | 'UpdateRejected', code: string, stage: Stage = 'forward'): this {
    return this.end(device, type, code, stage);
  }

  end(
    device: string,
    type: 'UpdateFailed' | 'UpdateCancelled' | 'UpdateSkipped' | 'UpdateRejected',
    code: string,
    stage: Stage,
  ): this {
    const data = { ...this.ofUpdate(this.member(device, stage)), request_id: 'req_1', code, detail: code };
    this.append({ type, data: data as never });
    return this;
  }

  /** The devices of a stage in its order. */
  all(stage: Stage): Member[] {
    return [...this.members.values()].filter((one) => one.stage === stage).sort((a, b) => a.rank - b.rank);
  }

  member(device: string, stage: Stage = 'forward'): Member {
    const member = this.members.get(keyOf(stage, device));
    if (!member) throw new Error(`${device} is not planned (${stage})`);
    return member;
  }

  /** Writes a fact down and folds it. */
  append(fact: Fact, entity_id?: string): StoredEvent {
    const position = this.history.length + 1;
    const event = storedAt(fact, { position, at: this.at, entity_id: entity_id ?? rollout_id });
    this.hear(event);
    return event;
  }

  /** Folds an event as the services do: events of many devices change their members too. */
  hear(event: StoredEvent): void {
    this.history.push(event);
    if (isMemberEvent(event)) return this.hearMember(event);
    if (isAccepted(this.rollout)) this.changeMany(this.rollout, event);
    this.rollout = evolve(this.rollout, event);
  }

  private hearMember(event: MemberEvent): void {
    const key = keyOf(stageOf(event), event.data.device_id);
    const before = this.members.get(key);
    if (!before || !isAccepted(this.rollout)) return;
    const after = evolveMember(before, event, this.rollout.spec, retries(this.rollout, stageOf(event)));
    this.members.set(key, after);
    this.rollout = countMember(this.rollout, event, before, after);
  }

  private changeMany(rollout: AcceptedRollout, event: StoredEvent): void {
    const { position, time: changed_at } = event;
    if (event.type === 'RolloutDevicesPlanned') {
      for (const one of membersOf(rollout, event.data, event)) this.members.set(keyOf(one.stage, one.device_id), one);
    }
    const change = (status: Member['status'], fits: (member: Member) => boolean, more: Partial<Member>) => {
      for (const [key, member] of this.members) {
        if (fits(member)) this.members.set(key, { ...member, ...more, status, position, changed_at, not_before: null });
      }
    };
    const waits = ({ status }: Member) => status === 'waiting';
    if (event.type === 'RolloutAborted') change('cancelled', waits, { code: 'rollout-aborted' });
    if (event.type === 'RollbackTriggered') change('cancelled', waits, { code: 'rollout-rolled-back' });
    if (event.type !== 'RolloutRetried') return;
    for (const member of this.all('forward').filter(({ status }) => status === 'failed')) {
      change('waiting', (other) => other === member, { tries_before: member.attempt });
    }
  }

  private open(stage: Stage, device: string): void {
    const { attempt } = this.member(device, stage);
    const told = { ...this.ofUpdate(this.member(device, stage), attempt + 1), from_version: '1.0.0' };
    this.append({ type: 'UpdateQueued', data: told as never });
    this.append({ type: 'UpdateDispatched', data: told as never });
  }

  private each(devices: readonly string[], fact: (member: Member) => Fact): this {
    for (const device of devices) this.append(fact(this.openMember(device)));
    return this;
  }

  private openMember(device: string): Member {
    const stage = this.members.get(keyOf('rollback', device))?.status === 'in_flight' ? 'rollback' : 'forward';
    return this.member(device, stage);
  }

  private ofUpdate({ stage, device_id, wave, attempt, version }: Member, tries = attempt) {
    return {
      ...{ update_id: `upd_${stage}_${device_id}_${tries}`, number: 1, device_id, version, rollout_id, wave },
      ...{ attempt: tries, ...(stage === 'rollback' && { rollback: true }) },
    };
  }
}

/** dev_0, dev_1 … */
export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `dev_${n}`);
}
