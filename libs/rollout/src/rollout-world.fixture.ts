import { expect } from 'vitest';
import type { RolloutSpec, Stage, StoredEvent } from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { isPostponed, type Member } from './member.js';
import { awaitedApproval, hasEnded, skippable } from './next-wave.js';
import { isActive } from './rollout.decider.js';
import { EndsWatch } from './ends-watch.fixture.js';
import { GateWatch } from './gate-watch.fixture.js';
import { bootsAgainIn, leaveIn, revertIn } from './reverts.fixture.js';
import { StoryFleet } from './rollout-fleet.fixture.js';
import {
  departIn,
  expireIn,
  explains,
  replaceIn,
  skipNeedless,
  supersedeIn,
  takeIn,
  takeOutIn,
  hearAgain,
  withdrawSkipped,
  withdrawStopped,
} from './rollout-world.acts.fixture.js';
import { reportIn, type Report } from './reports.fixture.js';
import { answeredOnce, count, countsAreRight, isReplayed } from './story-checks.fixture.js';
import { Story } from './story.fixture.js';

const TURNED = ['rolling_back', 'rolled_back', 'rollback_incomplete'];
const OVER = ['completed', 'aborted', 'rolled_back', 'rollback_incomplete'];
const isOpen = ({ status }: Member) => status === 'waiting' || status === 'in_flight';

/** Everything at once: an orchestrator, devices that may be away or install already, and someone who watches that nothing goes wrong. */
export class World {
  readonly story: Story;
  private readonly fleet = new StoryFleet();
  private readonly away = new Set<string>();
  private readonly installing = new Set<string>();
  private readonly gates: GateWatch;
  private readonly ends: EndsWatch;
  private readonly dispatched: number[] = [];
  private seen = 0;
  private joined = 0;
  /** Waves, and the end behind the last one, that were started by a decision that did not know what stands before it; undefined while each decision knows all. */
  private late: number[] | undefined;

  constructor(
    private readonly spec: Partial<RolloutSpec>,
    devices: number,
  ) {
    this.story = Story.planned(spec, devices);
    this.gates = new GateWatch(spec.strategy);
    this.ends = new EndsWatch(spec.retry?.attempts ?? 0);
    this.watch();
  }

  /** What the orchestrator does in a round: the rollback, who is gone, the decision, what is to be withdrawn, and who is told. */
  round(most = Infinity): number {
    const before = this.story.history.length;
    const rollout = this.story.accepted;
    if (rollout.actions.length === 0 && TURNED.includes(rollout.status)) {
      if (this.fleet.planBack(this.story) > 0) expect(isActive(rollout)).toBe(true);
      this.watch();
    }
    departIn(this.story, this.fleet);
    this.watch();
    for (let n = 0; this.decide().length > 0; n++) if (n > 20) throw new Error('the decider does not come to rest');
    this.withdraw();
    this.dispatch(most);
    return this.story.history.length - before;
  }

  /** A device says how its update ended, or nothing until its deadline. */
  report(pick: number, what: Report): void {
    const flying = [...this.story.members.values()].filter(({ status }) => status === 'in_flight');
    const member = flying[pick % flying.length];
    if (!member) return;
    reportIn(this.story, member, what, this.installing);
    this.watch();
  }

  /** A device whose update has ended badly runs the version all the same. */
  comesUpLate(pick: number): void {
    this.fleet.comesUpLate(this.story, pick);
  }

  /** A device is taken out: what it has open is withdrawn, and nothing is told to it any more. */
  revoke(pick: number): void {
    takeOutIn(this.story, pick, 'device-revoked', (device) => this.fleet.takeOut(device));
    this.watch();
  }

  /** One that was revoked may be told again. */
  reinstate(pick: number): void {
    this.fleet.reinstate(pick);
  }

  /** A device is taken out of service: whichever has its id from now on is another one. */
  remove(pick: number): void {
    takeOutIn(this.story, pick, 'device-removed', (device) => this.fleet.remove(device));
    this.watch();
  }

  /** A device does not keep what it had come to. */
  revert(pick: number): void {
    revertIn(this.story, pick, (device) => this.fleet.isHere(device));
    this.watch();
  }

  /** A device that is to be brought back goes away from the version, or one that was found away boots it again. */
  moves(pick: number, where: 'away' | 'again'): void {
    (where === 'away' ? leaveIn : bootsAgainIn)(this.story, this.fleet, pick);
    this.watch();
  }

  /** A device goes back just before what was decided without it stands in the log: nobody is told over a gate that it reaches. */
  revertsMeanwhile(pick: number): void {
    if (this.story.accepted.actions.length > 0) return;
    this.late = [];
    this.decide(() => revertIn(this.story, pick, (device) => this.fleet.isHere(device)));
    const begun = this.late;
    this.late = undefined;
    while (this.decide().length > 0);
    const { status, waves } = this.story.accepted;
    const isOver = status === 'completed' && begun.includes(waves.length);
    if (status === 'running' || isOver) for (const wave of begun) this.gates.mayStart(this.story, wave);
  }

  /** All that are under way succeed, and one of them goes back just before what follows from that stands in the log. */
  succeedMeanwhile(pick: number): void {
    this.round();
    for (const { status } of [...this.story.members.values()]) if (status === 'in_flight') this.report(0, 'succeeded');
    this.revertsMeanwhile(pick);
  }

  /** Somebody has a device run something else. */
  take(pick: number): void {
    const device = takeIn(this.story, pick, (one) => this.fleet.isHere(one));
    if (device !== undefined) this.fleet.goesAway(device);
    this.watch();
  }

  /** An event of a device comes again: as it was, or as a report of an update that is over. */
  again(pick: number, anew: boolean): void {
    hearAgain(this.story, pick, anew);
  }

  /** A device goes away or comes back. */
  toggle(pick: number): void {
    const id = `dev_${pick % Math.max(1, this.story.all('forward').length)}`;
    if (!this.away.delete(id)) this.away.add(id);
  }

  /** Devices that were away for as long as their wave may wait for them. */
  expire(): void {
    expireIn(this.story, this.away);
    this.watch();
  }

  /** A later rollout takes a device over: whoever waits is not told, and what is not installed yet is withdrawn. */
  supersede(pick: number): void {
    supersedeIn(this.story, pick, this.installing);
    this.watch();
  }

  join(): void {
    const { status } = this.story.rollout;
    if (this.spec.membership !== 'continuous' || (status !== 'running' && status !== 'completed')) return;
    this.joined += 1;
    this.story.plan('forward', [`new_${this.joined}`], { joined: true });
    this.watch();
  }

  /** A device that has ended is taken out of service, and another one comes that has its id. */
  replace(pick: number): void {
    const { status } = this.story.rollout;
    if (this.spec.membership !== 'continuous' || (status !== 'running' && status !== 'completed')) return;
    const device_id = replaceIn(this.story, this.fleet, pick);
    if (device_id === undefined) return;
    this.ends.isReplaced(device_id);
    this.gates.isRetried();
    this.watch();
  }

  /** Somebody asks for an action; it is done exactly when it is allowed. */
  ask(action: Parameters<Story['ask']>[0], about: Parameters<Story['ask']>[1] = { reason: 'the spec' }): void {
    if (action === 'amend' && !about.amend) return;
    const { rollout, accepted } = this.story;
    const allowed = allowedActions(rollout).includes(action);
    const isFirst = rollout.actions.length === 0;
    // The wave that runs may have ended, which is not written down yet.
    const meant = accepted.waves[skippable(accepted) ?? -1];
    const isOver = action === 'skip' && meant !== undefined && hasEnded(meant);
    this.story.ask(action, about);
    this.watch();
    const types = this.decide();
    expect(this.story.rollout.actions).toEqual([]);
    // Where a gate that is reached came first, what is allowed is another thing.
    const isBehindGate = types.indexOf('RolloutActionRefused') > 0;
    if (isFirst && !isBehindGate) expect(types[0] !== 'RolloutActionRefused').toBe(allowed && !isOver);
  }

  /** Somebody asks for an action on one wave, which there may be or not. */
  askOf(action: 'skip' | 'retry', wave: number): void {
    this.answers(action, { reason: 'the spec', wave });
  }

  /** Somebody wants another pace, limits or gate; a strategy may have no such pace. */
  amend(amend: Record<string, unknown>): void {
    this.answers('amend', { reason: 'the spec', amend });
  }

  /** There is an answer in any case; which one, the specs of the decider say. */
  private answers(action: Parameters<Story['ask']>[0], about: Parameters<Story['ask']>[1]): void {
    this.story.ask(action, about);
    this.watch();
    this.decide();
    expect(this.story.rollout.actions).toEqual([]);
  }

  wait(seconds: number): void {
    this.story.wait(seconds);
  }

  /** Nobody interferes any more but to let go on what has stopped; devices come back and report. The rollout ends. */
  settle(reports: readonly Report[]): void {
    this.away.clear();
    for (let n = 0; n < 400; n++) {
      if (this.story.accepted.status === 'paused') this.ask('resume');
      if (awaitedApproval(this.story.accepted) !== undefined) this.ask('approve');
      const moved = this.round();
      if (this.hasEnded()) return;
      if (moved === 0) explains(this.story);
      this.report(0, reports[n % reports.length] ?? 'succeeded');
      if (n % 3 === 0) this.wait(61);
    }
    throw new Error(`the rollout does not end: ${JSON.stringify(this.story.rollout)}`);
  }

  /** Every device in exactly one end, and the rollout in one of its own; a replay says the same. */
  checkEnd(): void {
    const { rollout } = this.story;
    expect(OVER).toContain(rollout.status);
    if (rollout.status === 'rolled_back') this.fleet.isBack(this.story);
    for (const member of this.story.members.values()) expect(isOpen(member)).toBe(false);
    isReplayed(this.story);
    answeredOnce(this.story);
  }

  private decide(meanwhile?: () => void): string[] {
    const { rollout } = this.story;
    const types = this.story.decide(this.fleet.unplanned(this.story).length, meanwhile);
    if (types.length > 0) expect(isActive(rollout)).toBe(true);
    this.watch();
    return types;
  }

  private dispatch(most: number): void {
    skipNeedless(this.story, this.fleet);
    this.watch();
    const before = this.story.history.length;
    const { max_in_flight = Infinity, max_per_minute = Infinity } = this.story.accepted.spec.limits ?? {};
    this.story.dispatch(most, (device) => !this.away.has(device) && this.fleet.isHere(device));
    const dispatched = this.story.history.slice(before).filter(({ type }) => type === 'UpdateDispatched').length;
    if (dispatched > 0) expect(this.story.accepted.status).toMatch(/^(running|rolling_back)$/);
    for (let n = 0; n < dispatched; n++) this.dispatched.push(this.story.at.getTime());
    const recent = this.dispatched.filter((time) => time > this.story.at.getTime() - 60_000).length;
    this.watch();
    // Lower limits take nothing back.
    if (dispatched === 0) return;
    expect(recent).toBeLessThanOrEqual(max_per_minute);
    const working = [...this.story.members.values()].filter((member) => !isPostponed(member));
    expect(count(working, 'in_flight')).toBeLessThanOrEqual(max_in_flight);
  }

  private withdraw(): void {
    withdrawSkipped(this.story, this.installing);
    withdrawStopped(this.story, this.installing);
    this.watch();
  }

  private hasEnded(): boolean {
    const { status } = this.story.accepted;
    return OVER.includes(status) && ![...this.story.members.values()].some(isOpen);
  }

  /** Looks at everything that was written since the last look. */
  private watch(): void {
    for (const event of this.story.history.slice(this.seen)) this.note(event);
    this.seen = this.story.history.length;
    countsAreRight(this.story);
    this.ends.areKept(this.story);
  }

  private note(event: StoredEvent): void {
    this.fleet.hear(event);
    if (event.type === 'RollbackCompleted' && !this.late) this.fleet.agreesWith(this.story, event.data);
    if (event.type === 'RolloutResumed' && event.data.gate) this.gates.isOverridden(this.story, event.data.gate);
    if (event.type === 'RolloutRetried') this.retried(event.data.stage);
    // One that was stopped goes on with those that are not back.
    if (event.type === 'RollbackTriggered') this.ends.areRetried(this.story, 'rollback');
    if (event.type === 'WaveStarted' && event.data.stage === 'forward')
      if (this.late) this.late.push(event.data.wave);
      else this.gates.mayStart(this.story, event.data.wave);
    if (event.type !== 'RolloutCompleted') return;
    expect(this.story.all('forward').filter(isOpen)).toEqual([]);
    this.late?.push(this.story.accepted.waves.length);
  }

  private retried(stage: Stage = 'forward'): void {
    if (stage === 'forward') this.gates.isRetried();
    this.ends.areRetried(this.story, stage);
  }
}
