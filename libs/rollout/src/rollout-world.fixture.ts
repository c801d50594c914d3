import { expect } from 'vitest';
import type { GateDecision, RolloutSpec, Stage, StoredEvent } from '@edgeflow/contracts';
import { allowanceOf } from './allowance.js';
import { allowedActions } from './allowed-actions.js';
import { sumOf } from './counts.js';
import { isMemberEvent, stageOf, type Member } from './member.js';
import { awaitedApproval } from './next-wave.js';
import { wavesIn } from './placement.js';
import { isActive } from './rollout.decider.js';
import { MEMBER_STATUSES, type MemberStatus } from './rollout.state.js';
import { Story } from './story.fixture.js';
import { noneKept, waitingFor } from './waiting-for.js';

const STAGES: readonly Stage[] = ['forward', 'rollback'];
const isOpen = ({ status }: Member) => status === 'waiting' || status === 'in_flight';
const count = (members: readonly Member[], status: MemberStatus) =>
  members.filter((member) => member.status === status).length;

/** Everything at once: an orchestrator, devices that may be away or install already, and someone who watches that nothing goes wrong. */
export class World {
  readonly story: Story;
  private readonly away = new Set<string>();
  private readonly installing = new Set<string>();
  /** Failures per wave at the time when somebody resumed what a gate had stopped; and waves whose success gate was overridden. */
  private readonly overridden = new Map<number, number>();
  private readonly statuses = new Map<string, MemberStatus>();
  private readonly told: number[] = [];
  private seen = 0;
  private joined = 0;

  constructor(
    private readonly spec: Partial<RolloutSpec>,
    devices: number,
  ) {
    this.story = Story.planned(spec, devices);
    this.watch();
  }

  /** What the orchestrator does in a round: the way back, the decision, what is to be withdrawn, and who is told. */
  round(most = Infinity): number {
    const before = this.story.history.length;
    const rollout = this.story.accepted;
    if (rollout.actions.length === 0 && ['rolling_back', 'rolled_back'].includes(rollout.status)) {
      this.story.planBack();
      this.watch();
    }
    for (let n = 0; this.decide().length > 0; n++) if (n > 20) throw new Error('the decider does not come to rest');
    this.withdraw();
    this.tell(most);
    return this.story.history.length - before;
  }

  /** A device says how its update ended, or nothing until its deadline. */
  report(pick: number, what: 'succeeded' | 'failed' | 'declined' | 'lost' | 'installing'): void {
    const flying = [...this.story.members.values()].filter(({ status }) => status === 'in_flight');
    const member = flying[pick % flying.length];
    if (!member) return;
    const { device_id, stage } = member;
    if (what === 'installing') this.installing.add(device_id);
    if (what === 'succeeded') this.story.succeed(device_id);
    if (what === 'failed') this.story.fail(device_id, 'install-failed', stage);
    if (what === 'declined') this.story.fail(device_id, 'declined', stage);
    if (what === 'lost') this.story.fail(device_id, 'deadline-exceeded', stage);
    if (what !== 'installing') this.installing.delete(device_id);
    this.watch();
  }

  /** An event of a device comes again: as it was, or as a report of an update that is over. */
  again(pick: number, anew: boolean): void {
    const spoken = this.story.history.filter(({ type }) => type.startsWith('Update'));
    const event = spoken[pick % spoken.length];
    if (!event || !isMemberEvent(event)) return;
    const { update_id, device_id } = event.data;
    const isOver = this.story.member(device_id, stageOf(event)).update_id !== update_id;
    const isEnd = event.type === 'UpdateCompleted' || event.type === 'UpdateFailed' || event.type === 'UpdateCancelled';
    this.unchangedBy(anew && isOver && isEnd ? { ...event, position: this.story.history.length + 1 } : event);
  }

  /** A device goes away or comes back. */
  toggle(pick: number): void {
    const id = `dev_${pick % Math.max(1, this.story.all('forward').length)}`;
    if (!this.away.delete(id)) this.away.add(id);
  }

  /** Devices that were away for as long as their wave may wait for them. */
  expire(): void {
    const allowance = allowanceOf(this.story.rollout, this.story.at);
    for (const { device_id, stage, status, wave } of this.story.members.values()) {
      if (status !== 'waiting' || stage !== allowance?.stage || !allowance.waves.includes(wave)) continue;
      if (this.away.has(device_id)) this.story.refuse(device_id, 'UpdateRejected', 'deadline-exceeded', stage);
    }
    this.watch();
  }

  join(): void {
    const { status } = this.story.rollout;
    if (this.spec.membership !== 'continuous' || (status !== 'running' && status !== 'completed')) return;
    this.joined += 1;
    this.story.plan('forward', [`new_${this.joined}`], { joined: true });
    this.watch();
  }

  /** Somebody asks for an action; it is done exactly when it is allowed. */
  ask(action: Parameters<Story['ask']>[0]): void {
    const { rollout } = this.story;
    const allowed = allowedActions(rollout).includes(action);
    const isFirst = rollout.actions.length === 0;
    this.story.ask(action);
    this.watch();
    const types = this.decide();
    expect(this.story.rollout.actions).toEqual([]);
    if (isFirst) expect(types[0] !== 'RolloutActionRefused').toBe(allowed);
  }

  wait(seconds: number): void {
    this.story.wait(seconds);
  }

  /** Nobody interferes any more but to let go on what has stopped; devices come back and report. The rollout ends. */
  settle(reports: readonly Parameters<World['report']>[1][]): void {
    this.away.clear();
    for (let n = 0; n < 400; n++) {
      if (this.story.accepted.status === 'paused') this.ask('resume');
      if (awaitedApproval(this.story.accepted) !== undefined) this.ask('approve');
      const moved = this.round();
      if (this.hasEnded()) return;
      if (moved === 0) this.explains();
      this.report(0, reports[n % reports.length] ?? 'succeeded');
      if (n % 3 === 0) this.wait(61);
    }
    throw new Error(`the rollout does not end: ${JSON.stringify(this.story.rollout)}`);
  }

  /** Every device in exactly one end, and the rollout in one of its own; a replay says the same. */
  checkEnd(): void {
    const { rollout, history } = this.story;
    expect(['completed', 'aborted', 'rolled_back']).toContain(rollout.status);
    for (const member of this.story.members.values()) expect(isOpen(member)).toBe(false);
    const again = new Story();
    for (const event of history) again.hear(event);
    expect(again.rollout).toEqual(rollout);
    expect(again.members).toEqual(this.story.members);
    this.answeredOnce();
  }

  private decide(): string[] {
    const { rollout } = this.story;
    const left = this.story.all('forward').filter(({ status, device_id }) => {
      return status === 'succeeded' && !this.story.members.has(`rollback/${device_id}`);
    });
    const types = this.story.decide(left.length);
    if (types.length > 0) expect(isActive(rollout)).toBe(true);
    this.watch();
    return types;
  }

  private tell(most: number): void {
    const before = this.story.history.length;
    const { max_in_flight = Infinity, max_per_minute = Infinity } = this.spec.limits ?? {};
    this.story.tell(most, (device) => !this.away.has(device));
    const told = this.story.history.slice(before).filter(({ type }) => type === 'UpdateQueued').length;
    if (told > 0) expect(this.story.accepted.status).toMatch(/^(running|rolling_back)$/);
    for (let n = 0; n < told; n++) this.told.push(this.story.at.getTime());
    const recent = this.told.filter((time) => time > this.story.at.getTime() - 60_000).length;
    expect(recent).toBeLessThanOrEqual(max_per_minute);
    expect(count([...this.story.members.values()], 'in_flight')).toBeLessThanOrEqual(max_in_flight);
    this.watch();
  }

  private withdraw(): void {
    const { status } = this.story.accepted;
    if (status !== 'aborted' && status !== 'rolling_back') return;
    for (const { device_id, stage, status: its } of [...this.story.members.values()]) {
      if (its !== 'in_flight' || this.installing.has(device_id)) continue;
      if (status === 'aborted' || stage === 'forward') this.story.cancel(device_id, 'rollout-aborted', stage);
    }
    this.watch();
  }

  private hasEnded(): boolean {
    const { status } = this.story.accepted;
    const over = status === 'completed' || status === 'rolled_back' || status === 'aborted';
    return over && ![...this.story.members.values()].some(isOpen);
  }

  /** What does not go on says why. */
  private explains(): void {
    const { rollout, at } = { rollout: this.story.accepted, at: this.story.at };
    const backing_off = [...this.story.members.values()].filter(({ not_before }) => not_before !== null).length;
    expect(waitingFor(rollout, at, { ...noneKept, backing_off })).not.toEqual([]);
  }

  private unchangedBy(event: StoredEvent): void {
    const { rollout, history } = this.story;
    const members = new Map(this.story.members);
    this.story.hear(event);
    history.pop();
    expect(this.story.rollout).toEqual(rollout);
    expect(this.story.members).toEqual(members);
  }

  /** Looks at everything that was written since the last look. */
  private watch(): void {
    for (const event of this.story.history.slice(this.seen)) this.note(event);
    this.seen = this.story.history.length;
    this.countsAreRight();
    this.endsAreKept();
  }

  private note(event: StoredEvent): void {
    if (event.type === 'RolloutResumed' && event.data.gate) this.noteOverride(event.data.gate);
    if (event.type === 'RolloutRetried') this.retriedNow();
    if (event.type === 'WaveStarted' && event.data.stage === 'forward') this.mayStart(event.data.wave);
    if (event.type === 'RolloutCompleted') expect(this.story.all('forward').filter(isOpen)).toEqual([]);
  }

  private noteOverride({ per, wave }: GateDecision): void {
    const waves = per === 'rollout' ? this.story.accepted.waves.keys() : [wave];
    for (const index of waves) this.overridden.set(index, count(this.inWave(index), 'failed'));
  }

  private retriedNow(): void {
    this.overridden.clear();
    for (const [key, status] of this.statuses) if (status === 'failed') this.statuses.delete(key);
  }

  private inWave(index: number): Member[] {
    return this.story.all('forward').filter(({ wave }) => wave === index);
  }

  /** No wave starts on numbers below a threshold of the one before it, unless somebody has overridden its gate. */
  private mayStart(wave: number): void {
    if (wave === 0) return;
    const before = this.inWave(wave - 1);
    expect(before.filter(isOpen)).toEqual([]);
    const [succeeded, failed] = [count(before, 'succeeded'), count(before, 'failed')];
    const seen = this.overridden.get(wave - 1);
    if (seen !== undefined && seen >= failed) return;
    const { success_percent = 0 } = this.story.accepted.waves[wave - 1] ?? {};
    expect(succeeded * 100).toBeGreaterThanOrEqual(success_percent * (succeeded + failed));
    const { percent, count: most, per = 'wave' } = this.spec.failure ?? {};
    if (per !== 'wave' || failed === 0) return;
    if (most !== undefined) expect(failed).toBeLessThan(most);
    if (percent !== undefined) expect(failed * 100).toBeLessThan(percent * (succeeded + failed));
  }

  private countsAreRight(): void {
    const rollout = this.story.accepted;
    for (const stage of STAGES) {
      const members = this.story.all(stage);
      for (const [index, { counts }] of wavesIn(rollout, stage).entries()) {
        const own = members.filter(({ wave }) => wave === index);
        const recount = Object.fromEntries(MEMBER_STATUSES.map((status) => [status, count(own, status)]));
        expect(counts).toEqual(recount);
      }
      const all = sumOf(wavesIn(rollout, stage));
      expect(MEMBER_STATUSES.reduce((sum, status) => sum + all[status], 0)).toBe(members.length);
    }
  }

  /** An end is an end, but for the failed that somebody has try again; and tries are counted. */
  private endsAreKept(): void {
    for (const [key, member] of this.story.members) {
      const before = this.statuses.get(key);
      if (before !== undefined && before !== 'waiting' && before !== 'in_flight') expect(member.status).toBe(before);
      this.statuses.set(key, member.status);
      const { attempts = 0 } = this.spec.retry ?? {};
      expect(member.attempt - member.tries_before).toBeLessThanOrEqual(attempts + 1);
    }
  }

  private answeredOnce(): void {
    const asked = this.story.history.flatMap(({ type, entity_id }) =>
      type.endsWith('Requested') && type !== 'RolloutRequested' ? [entity_id] : [],
    );
    const answers = this.story.history.flatMap(({ entity, type, data }) => {
      const { request_id } = data as { request_id?: string };
      return entity === 'rollout' && type !== 'RolloutAccepted' && request_id !== undefined ? [request_id] : [];
    });
    expect(answers.sort()).toEqual(asked.sort());
  }
}
