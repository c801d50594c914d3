import { DataSource, type EntityManager } from 'typeorm';
import { laneSubject } from '@edgeflow/contracts';
import {
  decideOrder,
  rolloutUpdateId,
  withdraw,
  type Decision,
  type RolloutOrder,
  type Withdrawal,
} from '@edgeflow/device-update';
import {
  allowanceOf,
  hadItsChance,
  isAccepted,
  sumOf,
  wavesIn,
  type AcceptedRollout,
  type Allowance,
} from '@edgeflow/rollout';
import { closedFleets, fleetsWithoutChance, type RolloutRow } from '@edgeflow/rollout-rows';
import { Catalog } from '../catalog.js';
import type { OrchestratorConfig } from '../config.js';
import { eventsOf, updateLane, type LaneAppender, type Work } from '../lanes/lane-appender.js';
import { readyDevices, recallableDevices, unreachableDevices, type Waiting } from './candidates.js';
import { rolloutLane } from './rollout-lane.js';
import { UnfoldedBatches, keyOf } from './unfolded-batches.js';

/** Devices told in one batch: two events each fit one atomic batch (at most 1,000 messages, ADR-50 of NATS). */
const DEVICES = 450;
/** Where fewer devices were ready than may be told, the next look is so much later, in milliseconds. */
const PAUSE_MS = 100;
/** … and at least so many times later than the look took: a hundred thousand offline devices take a while to look through. */
const PAUSE_FACTOR = 5;

/** Tells the devices of rollouts: as many as their limits allow, in their order; takes back what an abort or a rollback recalls. */
export class DeviceDesk {
  private readonly pausedUntil = new Map<string, number>();
  private readonly unfolded = new UnfoldedBatches();

  constructor(
    private readonly database: DataSource,
    private readonly appender: LaneAppender,
    private readonly config: Pick<OrchestratorConfig, 'UPDATE_DEADLINE_S'>,
  ) {}

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
    const recalled = await this.recall(row, state, at);
    if (recalled !== undefined) return recalled;
    const { devices: under_way, full } = this.unfolded.of(row, folded);
    const allowed = allowanceOf(state, at);
    if (!allowed || full || this.isPaused(row, at)) return undefined;
    const allowance = { ...allowed, devices: allowed.devices - under_way.length };
    if (allowance.devices <= 0) return undefined;
    const began = performance.now();
    const told = await this.tell(row, state, allowance, { under_way, moreUrgent }, at);
    if (told !== undefined || under_way.length > 0) return told;
    const expired = await this.expire(row, state, allowance, at);
    const pause_ms = Math.max(PAUSE_MS, PAUSE_FACTOR * (performance.now() - began));
    if (expired === undefined) this.pausedUntil.set(keyOf(row), at.getTime() + pause_ms);
    return expired;
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
    const devices = await recallableDevices(this.database.manager, row, stages, DEVICES);
    const cause = status === 'aborted' ? state.last : state.rollback.ref;
    return this.append(row, devices, (device) => withdraw(device.state, row.rollout_id, why, cause), at);
  }

  private async tell(
    row: RolloutRow,
    state: AcceptedRollout,
    { stage, waves, devices }: Allowance,
    { under_way, moreUrgent }: { under_way: readonly string[]; moreUrgent: readonly string[] },
    at: Date,
  ): Promise<number | undefined> {
    if (!this.appender.hasRoom && stage !== 'rollback') return undefined;
    const tables = this.database.manager;
    const limit = Math.min(devices, DEVICES);
    const closed = stage === 'rollback' ? [] : await closedFleets(tables, row.org, at);
    const found = await readyDevices(
      tables,
      { row, stage, waves, limit, at },
      {
        closedFleets: closed.map(({ fleet }) => fleet),
        moreUrgent,
        told: under_way,
        force: stage === 'forward' && state.spec.force === true,
      },
    );
    const ready = found.filter((device) => this.isFresh(row, device));
    const last = await this.order(row, state, { stage, devices: ready, expired: false }, at);
    if (last !== undefined) this.unfolded.add(row, { last, devices: ready.map(({ device_id }) => device_id) });
    return last;
  }

  private isFresh({ org }: RolloutRow, { device_id, lane_position }: Waiting): boolean {
    return this.appender.isFresh({ org, device_id, lane_position });
  }

  /** Devices that were out of reach for as long as their wave may wait for them, although there was room to tell them. */
  private async expire(
    row: RolloutRow,
    state: AcceptedRollout,
    { stage, waves }: Allowance,
    at: Date,
  ): Promise<number | undefined> {
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
    const tables = this.database.manager;
    const fleets = stage === 'rollback' ? [] : await fleetsWithoutChance(tables, row.org, at, waiting_s);
    const wanted = { row, stage, waves: late, limit: DEVICES, at };
    const devices = await unreachableDevices(tables, wanted, { since, fleets });
    return this.order(row, state, { stage, devices, expired: true }, at);
  }

  private async order(
    row: RolloutRow,
    state: AcceptedRollout,
    { stage, devices, expired }: { stage: Allowance['stage']; devices: readonly Waiting[]; expired: boolean },
    at: Date,
  ): Promise<number | undefined> {
    if (devices.length === 0) return undefined;
    const { org } = row;
    const catalog = await Catalog.load(this.tables, wantedOf(org, devices), at);
    const decideOn = (device: Waiting): Decision | undefined =>
      decideOrder(device.state, orderFor(row, state, stage, device, expired), {
        ...{ org, device_id: device.device_id, at },
        firmwareOf: (version) => catalog.entries(org, version),
        rollbacks_below: catalog.rollbacksBelow(org),
        default_deadline_s: this.config.UPDATE_DEADLINE_S,
      });
    return this.append(row, devices, decideOn, at);
  }

  private get tables(): EntityManager {
    return this.database.manager;
  }

  private async append(
    row: RolloutRow,
    devices: readonly Waiting[],
    decideOn: (device: Waiting) => Decision | undefined,
    at: Date,
  ): Promise<number | undefined> {
    const { org } = row;
    const fresh = devices.filter((device) => this.isFresh(row, device));
    const works = fresh.map(async (device): Promise<Work | undefined> => {
      const decision = decideOn(device);
      if (!decision) return undefined;
      const lane = updateLane({ org, device_id: device.device_id });
      return { lane, after: device.lane_position, events: await eventsOf(lane, decision, at) };
    });
    const work = (await Promise.all(works)).filter((one) => one !== undefined);
    const guard = { subject: laneSubject(rolloutLane(row)), position: row.lane_position };
    const { stored, last } = await this.appender.append(work, guard);
    return stored > 0 ? last : undefined;
  }
}

/** The versions that the decisions look up: where the devices go, and what they run. */
function wantedOf(org: string, devices: readonly Waiting[]): { org: string; version: string }[] {
  const versions = devices.flatMap(({ version, state: { running } }) =>
    running.status === 'known' ? [version, running.version] : [version],
  );
  return [...new Set(versions)].map((version) => ({ org, version }));
}

function orderFor(
  { org }: RolloutRow,
  state: AcceptedRollout,
  stage: Allowance['stage'],
  device: Waiting,
  expired: boolean,
): RolloutOrder {
  const { spec, rollout_id, request_id, requested_by } = state;
  const wave = wavesIn(state, stage)[device.wave];
  const of = {
    ...{ rollout_id, wave: device.wave, attempt: device.attempt + 1 },
    ...(stage === 'rollback' && { rollback: true as const }),
  };
  const update_id = rolloutUpdateId(org, device.device_id, of);
  return {
    ...{ update_id, request_id, of, expired, key: update_id, version: device.version, when_offline: 'queue' },
    force: stage === 'forward' && spec.force === true,
    ...(stage === 'rollback' && { rollback: true }),
    never_back: stage === 'forward' && device.joined && spec.force !== true,
    ref: wave && wave.status !== 'pending' ? wave.ref : state.last,
    ...(spec.deadline_s !== undefined && { deadline_s: spec.deadline_s }),
    ...(spec.deadlines && { deadlines: spec.deadlines }),
    ...(requested_by !== undefined && { requested_by }),
  };
}
