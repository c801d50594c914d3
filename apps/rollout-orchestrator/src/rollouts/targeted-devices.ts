import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { RolloutTarget } from '@edgeflow/contracts';
import { isTargeted, type Candidate } from '@edgeflow/rollout';
import { DeviceLaneRow } from '../lanes/device-lane.row.js';

/** Devices read at a time. */
const PAGE = 2_000;

const COLUMNS = [
  'device_id',
  'registration',
  'model',
  'fleet',
  'tags',
  'version',
  'online',
  'busy',
  'highest_counter',
] as const;

/** The devices that may be a target's, as a query: a superset, which `isTargeted` narrows down where SQL cannot. */
export function targetQuery(
  tables: EntityManager,
  org: string,
  { fleet, devices, filter }: RolloutTarget,
): SelectQueryBuilder<DeviceLaneRow> {
  const query = tables
    .createQueryBuilder(DeviceLaneRow, 'lane')
    .select(COLUMNS.map((column) => `lane.${column}`))
    .where('lane.org = :org', { org });
  const equals = { fleet: fleet ?? filter?.fleet, model: filter?.model, online: filter?.online };
  for (const [column, value] of Object.entries(equals)) {
    if (value !== undefined) query.andWhere(`lane.${column} = :${column}`, { [column]: value });
  }
  if (devices) query.andWhere('lane.device_id = ANY(:devices)', { devices });
  // A device that was only ever asked for is one only to whoever names it.
  else query.andWhere(`lane.registration <> 'unknown'`);
  if (filter?.tags) query.andWhere('lane.tags @> :tags', { tags: filter.tags });
  return query;
}

/**
 * The devices of a target as the fold knows them at one moment, in the order of a rollout, a page at a time. Needs a transaction: the
 * server sorts once and keeps the place, so that the memory needed here does not grow with the fleet.
 */
export async function* targetedDevices(
  tx: EntityManager,
  org: string,
  rolloutId: string,
  target: RolloutTarget,
): AsyncGenerator<Candidate[]> {
  const order = `sha256(convert_to(:rollout_id || '/' || lane.device_id, 'UTF8'))`;
  const [sql, parameters] = targetQuery(tx, org, target)
    .setParameter('rollout_id', rolloutId)
    .orderBy(order)
    .getQueryAndParameters();
  await tx.query(`DECLARE plan NO SCROLL CURSOR FOR ${sql}`, parameters);
  for (;;) {
    const rows = (await tx.query(`FETCH ${PAGE} FROM plan`)) as Record<`lane_${(typeof COLUMNS)[number]}`, never>[];
    if (rows.length === 0) break;
    yield rows.map(candidateOf).filter((device) => isTargeted(target, device));
  }
  await tx.query('CLOSE plan');
}

function candidateOf(row: Record<string, never>): Candidate {
  const device = Object.fromEntries(COLUMNS.map((column) => [column, row[`lane_${column}`]])) as unknown as Candidate;
  // The raw row has a bigint as text.
  const { highest_counter } = device;
  return { ...device, highest_counter: highest_counter === null ? null : Number(highest_counter) };
}
