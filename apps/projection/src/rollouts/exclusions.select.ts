import type { EntityManager } from 'typeorm';
import { errorTable } from '@edgeflow/contracts';
import { ExclusionRow } from '@edgeflow/rollout-rows';
import { decodeCursor } from '../query/cursor.js';
import { pageOf } from '../query/page.js';
import type { DevicesPage, OfRollout } from './members.select.js';
import { ExclusionKey, type RolloutDevice, type RolloutDevicesQuery } from './rollout-devices.query.js';

/** The devices that are left out, each with its reason. @throws Refused `invalid-request` for a bad cursor */
export async function exclusionsPage(
  tables: EntityManager,
  of: OfRollout,
  query: RolloutDevicesQuery,
): Promise<DevicesPage> {
  if (query.wave !== undefined) return { items: [], next_cursor: null };
  const { rows, next_cursor } = pageOf(await selectExclusions(tables, of, query), query.limit, exclusionKey);
  return { items: rows.map(exclusionItem), next_cursor };
}

function exclusionKey({ stage, device_id }: ExclusionRow): ExclusionKey {
  return { stage, device_id };
}

function selectExclusions(
  tables: EntityManager,
  { org, rollout_id }: OfRollout,
  { stage, cursor, limit }: RolloutDevicesQuery,
): Promise<ExclusionRow[]> {
  const query = tables
    .createQueryBuilder(ExclusionRow, 'x')
    .where('x.org = :org AND x.rollout_id = :rollout_id', { org, rollout_id });
  if (stage !== undefined) query.andWhere('x.stage = :stage', { stage });
  if (cursor !== undefined) {
    const last = decodeCursor(ExclusionKey, cursor);
    query.andWhere('(x.stage, x.device_id) > (:last_stage, :last_id)', {
      ...{ last_stage: last.stage, last_id: last.device_id },
    });
  }
  return query
    .orderBy('x.stage')
    .addOrderBy('x.device_id')
    .limit(limit + 1)
    .getMany();
}

function exclusionItem({ device_id, stage, reason }: ExclusionRow): RolloutDevice {
  const known = Object.entries(errorTable).find(([code]) => code === reason);
  return {
    ...{ device_id, wave: null, stage, status: 'excluded', version: null, from_version: null, attempt: 0 },
    ...{ update_id: null, code: reason, detail: known?.[1].title ?? null, not_before: null, changed_at: null },
    ...{ phase: null, progress: null },
  };
}
