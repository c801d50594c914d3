import { streamSubject, rolloutStream, type Decided, type EventRef } from '@edgeflow/contracts';
import { updateDecider } from '@edgeflow/device-update';
import type { UpdateFact, Withdrawal } from '@edgeflow/device-update';
import type { Fold, FoldDatabase, Rows } from '@edgeflow/fold';
import {
  allowanceOf,
  hadItsChance,
  isAccepted,
  isSkipped,
  sumOf,
  wavesIn,
  type AcceptedRollout,
  type Allowance,
} from '@edgeflow/rollout';
import { closedFleets, fleetsWithoutChance, RolloutRow } from '@edgeflow/rollout-rows';
import type { Clock } from '@edgeflow/runtime';
import { Catalog } from '../rows/catalog.js';
import type { OrchestratorConfig } from '../orchestrator.config.js';
import { appendDecided } from '../devices/append-decided.js';
import type { UpdateAppender } from '../devices/update-appender.js';
import { recallableDevices, unreachableDevices } from '../rollouts/candidates.js';
import type { Superseded, Waiting } from '../rollouts/candidates.js';
import { claimersOf } from '../rollouts/claims.js';
import { lostDevices, mayLose, recallOf } from '../rollouts/lost-devices.js';
import { orderFor, wantedOf } from '../rollouts/order-for.js';
import { keepOnly } from '../rollouts/keep-only.js';
import { Successes } from './successes.js';
import { readyDevices } from '../rollouts/ready-devices.js';
import { UnfoldedBatches, keyOf } from '../rollouts/unfolded-batches.js';

/** Devices in one batch: two events each fit one atomic batch (at most 1,000 messages, ADR-50 of NATS). */
const DEVICES = 450;
/** Where fewer devices were ready than the limits allow, the next look is so much later, in milliseconds. */
const PAUSE_MS = 100;
/** … and at least so many times later than the look took: a hundred thousand offline devices take a while to look through. */
const PAUSE_FACTOR = 5;

/** A rollout that may dispatch to devices of some waves now, and those that are ready for it. */
interface Look extends Pick<Allowance, 'stage' | 'waves'> {
  closed: boolean;
  row: RolloutRow;
  state: AcceptedRollout;
  ready: readonly Waiting[];
}

/** Dispatches the updates of rollouts to their devices: to as many as their limits allow, in their order; takes back what an abort or a rollback recalls. */
export class RolloutDevicesProcessor {
  private readonly pausedUntil = new Map<string, number>();
  private readonly claimsLookedUntil = new Map<string, number>();
  private readonly unfolded = new UnfoldedBatches();
  /** What was told before, and is to last. */
  readonly successes: Successes;

  constructor(
    private readonly database: FoldDatabase,
    private readonly appender: UpdateAppender,
    private readonly config: OrchestratorConfig,
    private readonly fold: Pick<Fold, 'leading'>,
    private readonly clock: Clock,
  ) {
    this.successes = new Successes(database, appender, fold, clock);
  }

  /**
   * One batch for one rollout; the next may follow before this one is folded, and then counts it.
   * @param folded the position up to which the rows are there
   * @param moreUrgent rollouts whose waiting devices are not for this one
   * @returns the position of the last event stored; undefined when there was none
   */
  async round(
    row: RolloutRow,
    at: Date,
    { folded, moreUrgent }: { folded: number; moreUrgent: readonly string[] },
  ): Promise<number | undefined> {
    const { state } = row;
    if (!isAccepted(state)) return undefined;
    const withdrawn =
      (await this.recall(row, state, at)) ??
      (await this.recallSkipped(row, state, at)) ??
      (await this.supersede(row, state, at));
    if (withdrawn !== undefined) return withdrawn;
    const { devices: under_way, full } = this.unfolded.of(row, folded);
    const isUsedUp = (allowanceOf(state, at)?.devices ?? 0) <= under_way.length;
    if (isUsedUp || full || this.isPaused(row, at)) return undefined;
    const began = this.clock.steady_ms();
    const now = await this.database.asOfOneMoment((tables) => this.look(tables, row, { under_way, moreUrgent }, at));
    if (!now) return undefined;
    const last = await this.dispatch(now, at);
    if (last !== undefined || under_way.length > 0) return last;
    const expired = await this.expire(now, at);
    const pause_ms = Math.max(PAUSE_MS, PAUSE_FACTOR * (this.clock.steady_ms() - began));
    if (expired === undefined) this.pausedUntil.set(keyOf(row), at.getTime() + pause_ms);
    return expired;
  }

  /** Remembers nothing of rollouts that are over, and of what is in the rows. @param folded the position up to which they are there */
  keep(active: ReadonlySet<string>, folded: number): void {
    keepOnly(this.pausedUntil, active);
    keepOnly(this.claimsLookedUntil, active);
    this.successes.keep(active);
    this.unfolded.forget(folded);
  }

  /** What this process has stored says nothing any more of the log that there is. */
  forget(): void {
    this.unfolded.forget();
  }

  private isPaused(row: RolloutRow, at: Date): boolean {
    const key = keyOf(row);
    const until = this.pausedUntil.get(key);
    if (until !== undefined && until > at.getTime()) return true;
    this.pausedUntil.delete(key);
    return false;
  }

  private async recall(row: RolloutRow, state: AcceptedRollout, at: Date): Promise<number | undefined> {
    const { status } = state;
    if (status !== 'aborted' && status !== 'rolling_back') return undefined;
    const why: Withdrawal = status === 'aborted' ? 'rollout-aborted' : 'rollout-rolled-back';
    const stages = status === 'aborted' ? (['forward', 'rollback'] as const) : (['forward'] as const);
    if (stages.every((stage) => sumOf(wavesIn(state, stage)).in_flight === 0)) return undefined;
    const devices = await recallableDevices(this.database.rows, row, stages, DEVICES);
    const cause = status === 'aborted' ? state.last : state.rollback.ref;
    return this.withdraw(row, devices, { why, cause }, at);
  }

  /** What waves that nobody waits for any more have in flight, as long as it may be withdrawn. */
  private async recallSkipped(row: RolloutRow, state: AcceptedRollout, at: Date): Promise<number | undefined> {
    const skipped = state.waves.flatMap((wave, index) => (isSkipped(wave) && wave.counts.in_flight > 0 ? [index] : []));
    if (skipped.length === 0) return undefined;
    const devices = await recallableDevices(this.database.rows, row, ['forward'], DEVICES, skipped);
    return this.withdraw(row, devices, { why: 'wave-skipped', cause: state.last }, at);
  }

  private withdraw(
    row: RolloutRow,
    devices: readonly Waiting[],
    wanted: { why: Withdrawal; cause: EventRef },
    at: Date,
  ): Promise<number | undefined> {
    const command = { type: 'Withdraw', rollout_id: row.rollout_id, ...wanted } as const;
    return this.append(row, devices, ({ state }) => updateDecider.decide(command, state), at);
  }

  /** Devices that a later rollout has taken over end here: those that wait, and those from which the update may still be withdrawn. */
  private async supersede(row: RolloutRow, state: AcceptedRollout, at: Date): Promise<number | undefined> {
    const key = keyOf(row);
    if (!mayLose(state) || (this.claimsLookedUntil.get(key) ?? 0) > at.getTime()) return undefined;
    const began = this.clock.steady_ms();
    const stage = state.status === 'rolling_back' ? 'rollback' : 'forward';
    const { ended, recalled } = await this.database.asOfOneMoment((tables) => lostDevices(tables, row, stage, DEVICES));
    const last =
      ended.length > 0
        ? await this.order(row, state, { stage, devices: ended, expired: false }, at)
        : await this.append(
            row,
            recalled,
            ({ state: device, ...of }) => updateDecider.decide(recallOf(row, state, of), device),
            at,
          );
    if (last !== undefined) return last;
    this.claimsLookedUntil.set(key, at.getTime() + Math.max(PAUSE_MS, PAUSE_FACTOR * (this.clock.steady_ms() - began)));
    return undefined;
  }

  /**
   * How many devices the limits allow and which are ready, as of one moment: with a count from before a batch and the devices that it has left,
   * there would be more in flight than the limit. The batch may be another leader's, or one whose append was not confirmed.
   */
  private async look(
    tables: Rows,
    { org, rollout_id }: RolloutRow,
    { under_way, moreUrgent }: { under_way: readonly string[]; moreUrgent: readonly string[] },
    at: Date,
  ): Promise<Look | undefined> {
    const [row] = await tables.get(RolloutRow, [{ org, rollout_id }]);
    if (!row || !isAccepted(row.state)) return undefined;
    const { state } = row;
    const allowance = allowanceOf(state, at);
    const devices = (allowance?.devices ?? 0) - under_way.length;
    if (!allowance || devices <= 0) return undefined;
    const { stage, waves, closed = false } = allowance;
    const of = { row, state, stage, waves, closed };
    if (!this.appender.hasRoom && stage !== 'rollback') return { ...of, ready: [] };
    const fleets = stage === 'rollback' ? [] : await closedFleets(tables, org, at);
    const ready = await readyDevices(
      tables,
      { row, stage, waves, limit: Math.min(devices, DEVICES), at },
      {
        closed,
        postponed: waves.some((index) => (wavesIn(state, stage)[index]?.postponed ?? 0) > 0),
        closedFleets: fleets.map(({ fleet }) => fleet),
        moreUrgent,
        claimers: await claimersOf(tables, row),
        dispatched: under_way,
        force: stage === 'forward' && state.spec.force === true,
      },
    );
    return { ...of, ready };
  }

  private async dispatch({ row, state, stage, ready }: Look, at: Date): Promise<number | undefined> {
    const devices = ready.filter((device) => this.isFresh(row, device));
    const last = await this.order(row, state, { stage, devices, expired: false }, at);
    if (last !== undefined) this.unfolded.add(row, { last, devices: devices.map(({ device_id }) => device_id) });
    return last;
  }

  private isFresh({ org }: RolloutRow, { device_id, lane_position }: Waiting): boolean {
    return this.appender.isFresh({ org, device_id, lane_position });
  }

  /** Devices that were out of reach for as long as their wave may wait for them, although there was room for them. */
  private async expire({ row, state, stage, waves, closed }: Look, at: Date): Promise<number | undefined> {
    if (closed) return undefined;
    const { deadlines, deadline_s } = state.spec;
    const waiting_s = deadlines?.waiting_s ?? deadline_s ?? this.config.UPDATE_DEADLINE_S;
    const since = new Date(at.getTime() - waiting_s * 1000);
    const all = wavesIn(state, stage);
    const late = waves.filter((index) => {
      const wave = all[index];
      return wave?.status === 'running' && Date.parse(wave.since) <= since.getTime();
    });
    const window = stage === 'forward' ? state.spec.window : undefined;
    if (late.length === 0 || (window && !hadItsChance(window, at, waiting_s))) return undefined;
    const tables = this.database.rows;
    const fleets = stage === 'rollback' ? [] : await fleetsWithoutChance(tables, row.org, at, waiting_s);
    const wanted = { row, stage, waves: late, limit: DEVICES, at };
    const devices = await unreachableDevices(tables, wanted, { since, fleets });
    return this.order(row, state, { stage, devices, expired: true }, at);
  }

  private async order(
    row: RolloutRow,
    state: AcceptedRollout,
    {
      stage,
      devices,
      expired,
    }: { stage: Allowance['stage']; devices: readonly (Waiting | Superseded)[]; expired: boolean },
    at: Date,
  ): Promise<number | undefined> {
    if (devices.length === 0) return undefined;
    const { org } = row;
    const catalog = await Catalog.load(this.database.rows, wantedOf(org, devices), at);
    const decideOn = (device: Waiting | Superseded): Decided<UpdateFact> => {
      const command = {
        ...{ type: 'Order' as const, order: orderFor(row, state, stage, device, expired) },
        ...{ org, device_id: device.device_id, at },
        firmwareOf: (version: string) => catalog.entries(org, version),
        rollbacks_below: catalog.rollbacksBelow(org),
        default_deadline_s: this.config.UPDATE_DEADLINE_S,
      };
      return updateDecider.decide(command, device.state);
    };
    return this.append(row, devices, decideOn, at);
  }

  private async append<D extends Waiting>(
    row: RolloutRow,
    devices: readonly D[],
    decideOn: (device: D) => Decided<UpdateFact>,
    at: Date,
  ): Promise<number | undefined> {
    const { org } = row;
    const guard = { subject: streamSubject(rolloutStream(row)), position: row.lane_position };
    const of = devices.map((device) => ({ ...device, org }));
    const { stored, last } = await appendDecided({ appender: this.appender, fold: this.fold }, of, decideOn, at, guard);
    return stored > 0 ? last : undefined;
  }
}
