import {
  entityOf,
  toEvent,
  type DataOf,
  type EventName,
  type Fact,
  type RolloutAction,
  type RolloutSpec,
  type Stage,
  type StoredEvent,
} from '@edgeflow/contracts';
import { rolloutIdOf } from './addressing.js';
import { allowanceOf } from './allowance.js';
import { evolveMember, isMemberEvent, isPostponed, retries, stageOf, type Member, type MemberEvent } from './member.js';
import { mayStillFail } from './next-wave.js';
import { planRollout } from './plan-rollout.js';
import { changeMembers, keyOf } from './story-members.fixture.js';
import { REQUESTS } from './story-requests.fixture.js';
import { spec, type Outcome } from '@edgeflow/testkit/decider-spec';
import { isOfRollout } from './addressing.js';
import { rolloutDecider, type RolloutCommand, type RolloutFact } from './rollout.decider.js';
import { countMember, evolve } from './rollout.evolve.js';
import { isAccepted, noRollout, type AcceptedRollout, type Rollout } from './rollout.state.js';

export const start = new Date('2026-02-21T12:00:00.000Z');
export const rollout_id = rolloutIdOf('acme', 'req_1');

/** The start, so many seconds later. */
export const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000);

/** Version 2.0.0 for the fleet north, all at once, where the request says nothing else. */
export const specWith = (spec: Partial<RolloutSpec> = {}): RolloutSpec => ({
  version: '2.0.0',
  target: { fleet: 'north' },
  strategy: { type: 'all_at_once' },
  ...spec,
});

/** The event of a fact, of acme, at a position of the log. */
export function storedAt<N extends EventName>(
  fact: Fact<N>,
  { position, at, ...about }: { position: number; at: Date; entity_id: string; source?: string },
): StoredEvent<N> {
  const { entity_id, source = '/spec' } = about;
  const stream = { org: 'acme', entity: entityOf(fact.type), entity_id };
  const event = toEvent(stream, fact, { id: `evt_${position}`, source, time: at.toISOString() });
  return { ...event, position } as unknown as StoredEvent<N>;
}

/** What an action is asked for with. */
type Asked = Partial<DataOf<'RolloutSkipRequested'> & DataOf<'RolloutAmendRequested'>>;

/**
 * A rollout as its services play it, in memory: its log, its state, its devices, and a clock that stands still until it is moved.
 * Devices are dev_0, dev_1 … in the rollout's order.
 */
export class Story {
  readonly history: StoredEvent[] = [];
  readonly members = new Map<string, Member>();
  /** Devices that a rollback cannot bring back. */
  readonly withoutWay = new Set<string>();
  rollout: Rollout = noRollout;
  at = start;
  private requests = 1;

  /** The story of a rollout that was asked for and is planned for so many devices. */
  static planned(
    spec: Partial<RolloutSpec> = {},
    devices = 0,
    excluded: readonly string[] = [],
    no_way_back?: Record<string, number>,
  ): Story {
    const story = new Story().asked(spec);
    if (story.rollout.status !== 'requested') throw new Error('the story starts wrong');
    const counts: Record<string, number> = {};
    for (const reason of excluded) counts[reason] = (counts[reason] ?? 0) + 1;
    const plan = planRollout(rollout_id, story.rollout.request, {
      ...{ eligible: devices, excluded: counts },
      ...(no_way_back && { no_way_back }),
    });
    story.append({ type: 'RolloutAccepted', data: plan });
    const left = excluded.map((reason, n) => ({ device_id: `out_${n}`, reason }));
    if (devices > 0 || left.length > 0) story.plan('forward', namesOf(devices), { excluded: left });
    return story;
  }

  /** The same, and decided as far as it goes. */
  static started(spec: Partial<RolloutSpec> = {}, devices = 0): Story {
    const story = Story.planned(spec, devices);
    story.decide();
    return story;
  }

  get accepted(): AcceptedRollout {
    if (!isAccepted(this.rollout)) throw new Error(`the rollout is ${this.rollout.status}`);
    return this.rollout;
  }

  asked(spec: Partial<RolloutSpec> = {}): this {
    this.append({ type: 'RolloutRequested', data: specWith(spec) }, 'req_1');
    return this;
  }

  /** Moves the clock. */
  wait(seconds: number): this {
    this.at = new Date(this.at.getTime() + seconds * 1000);
    return this;
  }

  /** Somebody asks for an action. */
  ask(action: RolloutAction, about: Asked = {}, request_id?: string, source?: string): this {
    this.requests += 1;
    // Over a gate nobody resumes without a reason; specs that try say so.
    const why = action === 'resume' && !('reason' in about) ? { reason: 'it is known' } : {};
    const fact = { type: REQUESTS[action], data: { rollout_id, ...why, ...about } } as Fact;
    this.append(fact, request_id ?? `req_${this.requests}`, source);
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

  /** Plans the rollback of every device that the rollout moved. @returns how many there were */
  planBack(version = '1.0.0'): number {
    const moved = this.all('forward').filter(
      ({ status, reverted, device_id }) =>
        status === 'succeeded' && !reverted && !this.members.has(keyOf('rollback', device_id)),
    );
    const devices = moved.map(({ device_id }) => device_id);
    if (devices.length > 0) this.plan('rollback', devices, { version });
    return devices.length;
  }

  /** Lets the decider say what happens next and writes it down, behind what happens meanwhile. @returns the types of the events, in order */
  decide(unplanned: number | undefined = 0, meanwhile?: () => unknown): EventName[] {
    return this.proceeds(unplanned, meanwhile)
      .facts()
      .map(({ type }) => type);
  }

  /** The same, as an outcome of the harness. */
  proceeds(unplanned: number | undefined = 0, meanwhile?: () => unknown): Outcome<RolloutFact> {
    const command = {
      type: 'Proceed',
      rollout_id,
      at: this.at,
      ...(unplanned !== undefined && { unplanned }),
    } as const;
    return this.when(command, meanwhile);
  }

  /** Asks the decider for something and writes down what it says. @param meanwhile what stands in the log before that, and was not known then */
  when(command: RolloutCommand, meanwhile?: () => unknown): Outcome<RolloutFact> {
    const outcome = spec(rolloutDecider).inState(this.rollout).when(command);
    meanwhile?.();
    for (const fact of outcome.facts()) this.append(fact);
    return outcome;
  }

  /**
   * Tells as many devices as the rollout allows, those that back off or are away aside, at most `most`; first those again that somebody had told later.
   * @returns their ids
   */
  dispatch(most = Infinity, isThere: (device: string) => boolean = () => true): string[] {
    const allowance = allowanceOf(this.rollout, this.at);
    if (!allowance) return [];
    const { stage, waves, devices, closed } = allowance;
    const there = this.all(stage)
      .filter(({ device_id, wave }) => waves.includes(wave) && isThere(device_id))
      .filter(({ not_before }) => not_before === null || Date.parse(not_before) <= this.at.getTime());
    const first = closed ? [] : there.filter(({ status }) => status === 'waiting');
    const told = [...there.filter(isPostponed), ...first].slice(0, Math.min(devices, most));
    for (const member of told) {
      if (isPostponed(member)) this.tellAgain(member.device_id, stage);
      else this.open(stage, member.device_id);
    }
    return told.map(({ device_id }) => device_id);
  }

  succeed(...devices: readonly string[]): this {
    return this.each(devices, (member) => ({ type: 'UpdateCompleted', data: this.ofUpdate(member) as never }));
  }

  fail(device: string, code = 'install-failed', stage: Stage = 'forward'): this {
    return this.end(device, 'UpdateFailed', code, stage);
  }

  /** Somebody there wants it so many seconds later. */
  postpone(device: string, seconds: number, stage: Stage = 'forward'): this {
    const until = new Date(this.at.getTime() + seconds * 1000).toISOString();
    const data = { ...this.ofUpdate(this.member(device, stage)), until, postponed_s: seconds, deadline_at: until };
    this.append({ type: 'UpdatePostponed', data: data as never });
    return this;
  }

  /** It is told again. */
  tellAgain(device: string, stage: Stage = 'forward'): this {
    const told = { ...this.ofUpdate(this.member(device, stage)), from_version: '1.0.0' };
    this.append({ type: 'UpdateDispatched', data: told as never });
    return this;
  }

  /** It had succeeded and runs what it ran before. */
  revert(device: string, stage: Stage = 'forward'): this {
    const data = {
      ...this.ofUpdate(this.member(device, stage)),
      code: 'reverted',
      detail: 'it runs 1.0.0',
      runs: stage === 'rollback' ? this.accepted.spec.version : '1.0.0',
    };
    this.append({ type: 'UpdateReverted', data });
    return this;
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
    const by = code === 'superseded' ? { superseded_by: 'rol_later' } : {};
    const data = { ...this.ofUpdate(this.member(device, stage)), request_id: 'req_1', code, detail: code, ...by };
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
  append(fact: Fact, entity_id?: string, source?: string): StoredEvent {
    const position = this.history.length + 1;
    const from = { entity_id: entity_id ?? rollout_id, ...(source && { source }) };
    const event = storedAt(fact, { position, at: this.at, ...from });
    this.hear(event);
    return event;
  }

  /** Folds an event as the services do: events of many devices change their members too. */
  hear(event: StoredEvent): void {
    this.history.push(event);
    if (isMemberEvent(event)) return this.hearMember(event);
    if (isAccepted(this.rollout)) changeMembers(this, this.rollout, event);
    if (isOfRollout(event)) this.rollout = evolve(this.rollout, event);
  }

  private hearMember(event: MemberEvent): void {
    const key = keyOf(stageOf(event), event.data.device_id);
    const before = this.members.get(key);
    if (!before || !isAccepted(this.rollout)) return;
    const stage = stageOf(event);
    const may = [retries(this.rollout, stage, before.wave), mayStillFail(this.rollout, event, before.wave)] as const;
    const after = evolveMember(before, event, this.rollout.spec, ...may);
    this.members.set(key, after);
    this.rollout = countMember(this.rollout, event, before, after);
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
