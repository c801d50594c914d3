import { LessThanOrEqual, Raw, type DataSource } from 'typeorm';
import { isBulk } from '@edgeflow/contracts';
import { decide, lastGood, type DeviceLane } from '@edgeflow/device-update';
import type { OrchestratorConfig } from '../config.js';
import { Catalog } from '../catalog.js';
import { DeviceLaneRow } from './device-lane.row.js';
import { eventsOf, updateLane, type LaneAppender, type Work } from './lane-appender.js';

/** Lanes decided in one go: their events fit one atomic batch (at most 1,000 messages, ADR-50 of NATS). */
const LANES = 300;

/** What has to end ends, also when the log has no room for anything new: it must not stand in line behind that. */
const ENDING = Raw<DeviceLane>((state) => `${state} -> 'update' ->> 'status' = 'ending'`);

/** Decides on devices that are due: their requests, their queued updates, the ends of their open ones. */
export class LaneDesk {
  constructor(
    private readonly database: DataSource,
    private readonly appender: LaneAppender,
    private readonly config: Pick<OrchestratorConfig, 'UPDATE_DEADLINE_S'>,
  ) {}

  /** One pass over the to-do list. @returns how many lanes were moved on */
  async round(at: Date): Promise<number> {
    const { hasRoom } = this.appender;
    const due = await this.database.manager.find(DeviceLaneRow, {
      where: [hasRoom ? { due: true } : { due: true, state: ENDING }, { wake_at: LessThanOrEqual(at.toISOString()) }],
      order: { position: 'ASC' },
      take: LANES,
    });
    const fresh = due.filter((row) => this.appender.isFresh(row));
    if (fresh.length === 0) return 0;
    const catalog = await Catalog.load(this.database.manager, fresh.flatMap(wantedOf), at);
    const work = await Promise.all(fresh.map((row) => this.workOn(row, catalog, at)));
    const wanted = work.filter((one) => one !== undefined);
    const { stored } = await this.appender.append(
      hasRoom ? wanted : wanted.filter(({ events }) => !events.every(isBulk)),
    );
    return stored;
  }

  private async workOn(row: DeviceLaneRow, catalog: Catalog, at: Date): Promise<Work | undefined> {
    const { org, device_id } = row;
    const decision = decide(row.state, {
      ...{ org, device_id, at },
      firmwareOf: (version) => catalog.entries(org, version),
      rollbacks_below: catalog.rollbacksBelow(org),
      default_deadline_s: this.config.UPDATE_DEADLINE_S,
    });
    if (!decision) return undefined;
    const lane = updateLane(row);
    return { lane, after: row.lane_position, events: await eventsOf(lane, decision, at) };
  }
}

/** The versions that the next decision on a lane looks up. */
function wantedOf({ org, state }: DeviceLaneRow): { org: string; version: string }[] {
  const [request] = state.requests;
  const versions = [
    request?.kind === 'update' ? request.version : undefined,
    request?.kind === 'rollback' ? lastGood(state) : undefined,
    state.update.status === 'queued' ? state.update.plan.version : undefined,
    state.running.status === 'known' ? state.running.version : undefined,
  ];
  return versions.flatMap((version) => (version === undefined ? [] : [{ org, version }]));
}
