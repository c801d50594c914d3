import type { EntityManager } from 'typeorm';
import type { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { positionColumn } from '@edgeflow/fold';
import type { DeviceLane } from '@edgeflow/device-update';

/** A device of a rollout that waits, with its lane. */
export interface Waiting {
  device_id: string;
  wave: number;
  attempt: number;
  version: string;
  joined: boolean;
  lane_position: number;
  state: DeviceLane;
}

/** What a query for waiting devices is about. */
export interface Wanted {
  row: RolloutRow;
  stage: MemberRow['stage'];
  waves: readonly number[];
  limit: number;
  at: Date;
}

/**
 * The ids of device_lane are in the database's own collation and those of rollout_member in "C": said here, since Postgres would else
 * compare in "C" and could use no index of device_lane.
 */
export const WITH_LANE = `JOIN device_lane l ON l.org = m.org COLLATE "default" AND l.device_id = m.device_id COLLATE "default"`;

/**
 * Rollouts whose waiting devices nobody of a lower priority may take. OFFSET 0 keeps it a look-up by device: as a join, planned before
 * the first ANALYZE of a new rollout's rows, it compares all of its devices with all of them.
 */
const MORE_URGENT = `EXISTS (
  SELECT 1 FROM rollout_member om JOIN rollout o ON o.org = om.org AND o.rollout_id = om.rollout_id
  WHERE om.org = m.org AND om.device_id = m.device_id AND om.status = 'waiting'
    AND o.status IN ('running', 'rolling_back') AND o.priority > $6 OFFSET 0)`;

/**
 * Devices that can be told now, in the rollout's order: online and without an open update, in no fleet whose window is closed, and not
 * waited for by a more urgent rollout. Also those that there is nothing to tell any more: revoked, or on the version already.
 * @param closedFleets fleets whose maintenance window is closed; none for a rollback
 * @param told devices that are passed over, since they were told already
 */
export async function readyDevices(
  tables: EntityManager,
  { row, stage, waves, limit, at }: Wanted,
  { closedFleets, told, force }: { closedFleets: readonly string[]; told: readonly string[]; force: boolean },
): Promise<Waiting[]> {
  const rows = (await tables.query(
    `${select(tables)}
     AND (m.not_before IS NULL OR m.not_before <= $5)
     AND (l.registration <> 'registered' OR (NOT l.busy AND (l.online OR (l.version = m.version AND NOT $7))))
     AND (l.fleet IS NULL OR NOT l.fleet = ANY($8))
     AND NOT m.device_id = ANY($9)
     AND NOT ${inSchema(tables, MORE_URGENT)}
     ORDER BY m.wave, m.rank LIMIT $10`,
    [row.org, row.rollout_id, stage, waves, at.toISOString(), row.priority, force, closedFleets, told, limit],
  )) as Waiting[];
  return rows.map(withNumbers);
}

/** Devices that cannot be told: offline, or with an update of somebody else open. */
export async function unreachableDevices(
  tables: EntityManager,
  { row, stage, waves, limit }: Wanted,
): Promise<Waiting[]> {
  const rows = (await tables.query(`${select(tables)} AND (l.busy OR NOT l.online) ORDER BY m.wave, m.rank LIMIT $5`, [
    row.org,
    row.rollout_id,
    stage,
    waves,
    limit,
  ])) as Waiting[];
  return rows.map(withNumbers);
}

/** Devices whose update of this rollout is open and not being installed. */
export async function recallableDevices(
  tables: EntityManager,
  { org, rollout_id }: RolloutRow,
  stages: readonly MemberRow['stage'][],
  limit: number,
): Promise<Waiting[]> {
  const rows = (await tables.query(
    inSchema(
      tables,
      `SELECT m.device_id, m.wave, m.attempt, m.version, m.joined, l.lane_position, l.state
       FROM rollout_member m ${WITH_LANE}
       WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = ANY($3) AND m.status = 'in_flight'
         AND l.state->'update'->>'status' IN ('queued', 'dispatched')
         AND coalesce(l.state->'update'->>'phase', '') NOT IN ('installing', 'rebooting')
       ORDER BY m.rank LIMIT $4`,
    ),
    [org, rollout_id, stages, limit],
  )) as Waiting[];
  return rows.map(withNumbers);
}

function select(tables: EntityManager): string {
  return inSchema(
    tables,
    `SELECT m.device_id, m.wave, m.attempt, m.version, m.joined, l.lane_position, l.state
     FROM rollout_member m ${WITH_LANE}
     WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.status = 'waiting' AND m.wave = ANY($4)`,
  );
}

/** Plain SQL names the tables; where they are is the connection's. */
export function inSchema(tables: EntityManager, sql: string): string {
  const { schema } = tables.connection.options as { schema: string };
  return sql.replaceAll(/\b(FROM|JOIN) (rollout_member|rollout_exclusion|rollout|device_lane)\b/g, `$1 "${schema}".$2`);
}

function withNumbers(row: Waiting): Waiting {
  return { ...row, lane_position: positionColumn.from(row.lane_position) as number };
}
