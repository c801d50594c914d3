import type { Query, Rows } from '@edgeflow/fold';
import type { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import type { DeviceUpdateState } from '@edgeflow/device-update';

/** A device of a rollout that waits, with its stream. */
export interface Waiting {
  device_id: string;
  wave: number;
  attempt: number;
  /** Those before somebody had it try again. */
  tries_before: number;
  version: string;
  joined: boolean;
  /** The last event that changed it in its rollout. */
  position: number;
  lane_position: number;
  state: DeviceUpdateState;
}

/** Devices of rollouts, each with its stream. Model: memory/members.ts. */
export const membersWith = (more = '', join = ''): string => `
  SELECT m.device_id, m.wave, m.attempt, m.tries_before, m.version, m.joined, m.position::float8,
         l.lane_position::float8, l.state${more}
  FROM rollout_member m JOIN device_lane l ON l.org = m.org AND l.device_id = m.device_id ${join}`;
export const MEMBERS_WITH_DEVICES = membersWith();

/** Of which waves devices are, and how many are wanted. */
export interface OfWaves extends Pick<MemberRow, 'org' | 'rollout_id' | 'stage'> {
  waves: readonly number[];
  limit: number;
}

/** Devices that were planned and then taken out of service are not among those that wait: `departed` ends their wait. */
export const OF_WAVES = `${MEMBERS_WITH_DEVICES}
  WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = $3 AND m.status = 'waiting' AND m.wave = ANY($4)
  AND (l.born_after IS NULL OR l.born_after < m.planned_position)`;

/** A device that a later rollout wants. */
export interface Superseded extends Waiting {
  superseded_by: string;
}

/** What a query for waiting devices is about. */
export interface Wanted {
  row: RolloutRow;
  stage: MemberRow['stage'];
  waves: readonly number[];
  limit: number;
  at: Date;
}

/** What queries about a rollout's waves are given of what is wanted. */
export function wavesOf({ row: { org, rollout_id }, stage, waves, limit }: Wanted): OfWaves {
  return { org, rollout_id, stage, waves, limit };
}

/** @param since ISO 8601 */
type Unreachable = OfWaves & { since: string; fleets: readonly string[] };

/** Model: memory/candidates.model.ts, as of `RECALLABLE_DEVICES`. */
export const UNREACHABLE: Query<Unreachable, Waiting> = {
  name: 'unreachable-devices',
  sql: `${OF_WAVES}
    AND (l.busy OR NOT l.online)
    AND m.changed_at <= $5 AND (m.not_before IS NULL OR m.not_before <= $5)
    AND (l.fleet IS NULL OR NOT l.fleet = ANY($6))
    ORDER BY m.wave, m.rank LIMIT $7`,
  bind: ({ org, rollout_id, stage, waves, since, fleets, limit }) => [
    ...[org, rollout_id, stage, waves, since, fleets, limit],
  ],
};

/**
 * Devices that could not be told since a time, although their turn had come by then: offline, or with an update of somebody else open.
 * @param fleets fleets in whose maintenance window nobody has had a chance yet
 */
export function unreachableDevices(
  tables: Rows,
  wanted: Wanted,
  { since, fleets }: { since: Date; fleets: readonly string[] },
): Promise<Waiting[]> {
  return tables.select(UNREACHABLE, { ...wavesOf(wanted), since: since.toISOString(), fleets });
}

/** Of an update that is open and not being installed. */
export const RECALLABLE = `m.status = 'in_flight' AND l.state->'update'->>'status' IN ('queued', 'dispatched')
  AND coalesce(l.state->'update'->>'phase', l.state->'update'->'postponed'->>'phase', '') NOT IN ('installing', 'rebooting')`;

/** @param waves null for all */
interface OfStages extends Pick<MemberRow, 'org' | 'rollout_id'> {
  stages: readonly MemberRow['stage'][];
  waves: readonly number[] | null;
  limit: number;
}

export const RECALLABLE_DEVICES: Query<OfStages, Waiting> = {
  name: 'recallable-devices',
  sql: `${MEMBERS_WITH_DEVICES}
    WHERE m.org = $1 AND m.rollout_id = $2 AND m.stage = ANY($3) AND ${RECALLABLE}
      AND ($5::int[] IS NULL OR m.wave = ANY($5))
    ORDER BY m.rank, m.stage LIMIT $4`,
  bind: ({ org, rollout_id, stages, limit, waves }) => [org, rollout_id, stages, limit, waves],
};

/** Devices whose update of this rollout is open and not being installed. */
export function recallableDevices(
  tables: Rows,
  { org, rollout_id }: RolloutRow,
  stages: readonly MemberRow['stage'][],
  limit: number,
  waves: readonly number[] | null = null,
): Promise<Waiting[]> {
  return tables.select(RECALLABLE_DEVICES, { org, rollout_id, stages, limit, waves });
}
