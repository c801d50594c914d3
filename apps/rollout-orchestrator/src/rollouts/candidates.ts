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

/** Devices of rollouts, each with its lane. */
const MEMBERS_WITH_LANES = `
  SELECT m.device_id, m.wave, m.attempt, m.version, m.joined, l.lane_position, l.state
  FROM rollout_member m JOIN device_lane l ON l.org = m.org AND l.device_id = m.device_id`;

/** What a query for waiting devices is about. */
export interface Wanted {
  row: RolloutRow;
  stage: MemberRow['stage'];
  waves: readonly number[];
  limit: number;
  at: Date;
}

/**
 * Devices that a more urgent rollout waits for. A scalar subquery, which Postgres does not turn into a join: it is looked up for the few
 * devices that are read, not worked out for all.
 */
const MORE_URGENT = `(
  SELECT 1 FROM rollout_member om
  WHERE om.org = m.org AND om.rollout_id = ANY($10) AND om.stage IN ('forward', 'rollback')
    AND om.device_id = m.device_id AND om.status = 'waiting' LIMIT 1) IS NULL`;

/** What else decides on who is ready. */
export interface Readiness {
  /** Fleets whose maintenance window is closed; none for a rollback. */
  closedFleets: readonly string[];
  /** Rollouts of a higher priority that tell devices. */
  moreUrgent: readonly string[];
  /** Devices that are passed over, since they were told already and their rows do not show it yet. */
  told: readonly string[];
  force: boolean;
}

/**
 * Devices that can be told now, in the rollout's order: online and without an open update, in no fleet whose window is closed, and not
 * waited for by a more urgent rollout. Also those that there is nothing to tell any more: revoked, or on the version already.
 */
export async function readyDevices(
  tables: EntityManager,
  { row, stage, waves, limit, at }: Wanted,
  { closedFleets, moreUrgent, told, force }: Readiness,
): Promise<Waiting[]> {
  const others = moreUrgent.length > 0;
  const rows = (await tables.query(
    `${select(tables)}
     AND (m.not_before IS NULL OR m.not_before <= $5)
     AND (l.registration <> 'registered' OR (NOT l.busy AND (l.online OR (l.version = m.version AND NOT $6))))
     AND (l.registration <> 'registered' OR l.fleet IS NULL OR NOT l.fleet = ANY($7))
     AND NOT m.device_id = ANY($8)
     ${others ? `AND ${inSchema(tables, MORE_URGENT)}` : ''}
     ORDER BY m.wave, m.rank LIMIT $9`,
    [
      ...[row.org, row.rollout_id, stage, waves, at.toISOString(), force, closedFleets, told, limit],
      ...(others ? [moreUrgent] : []),
    ],
  )) as Waiting[];
  return rows.map(withNumbers);
}

/**
 * Devices that could not be told since a time, although their turn had come by then: offline, or with an update of somebody else open.
 * @param fleets fleets in whose maintenance window nobody has had a chance yet
 */
export async function unreachableDevices(
  tables: EntityManager,
  { row, stage, waves, limit }: Wanted,
  { since, fleets }: { since: Date; fleets: readonly string[] },
): Promise<Waiting[]> {
  const rows = (await tables.query(
    `${select(tables)}
     AND (l.busy OR NOT l.online)
     AND m.changed_at <= $5 AND (m.not_before IS NULL OR m.not_before <= $5)
     AND (l.fleet IS NULL OR NOT l.fleet = ANY($6))
     ORDER BY m.wave, m.rank LIMIT $7`,
    [row.org, row.rollout_id, stage, waves, since.toISOString(), fleets, limit],
  )) as Waiting[];
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
      `${MEMBERS_WITH_LANES}
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
    `${MEMBERS_WITH_LANES}
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
