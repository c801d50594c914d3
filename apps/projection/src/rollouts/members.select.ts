import { In, type EntityManager } from 'typeorm';
import { MemberRow } from '@edgeflow/rollout-rows';
import { DeviceRow } from '../devices/device.row.js';
import { decodeCursor } from '../query/cursor.js';
import { pageOf } from '../query/page.js';
import {
  PlaceKey,
  shownStatus,
  storedStatus,
  type DeviceStatus,
  type RolloutDevice,
  type RolloutDevicesQuery,
} from './rollout-devices.query.js';

/** The rollout that a list of devices is of. */
export interface OfRollout {
  org: string;
  rollout_id: string;
}

/** A page of devices that are in. */
export interface DevicesPage {
  items: RolloutDevice[];
  next_cursor: string | null;
}

/** Without a status: all of them. */
export type MembersQuery = Omit<RolloutDevicesQuery, 'status'> & {
  status: Exclude<DeviceStatus, 'excluded'> | undefined;
};

/** The devices that are in, with what those do that are in flight. @throws Refused `invalid-request` for a bad cursor */
export async function membersPage(tables: EntityManager, of: OfRollout, query: MembersQuery): Promise<DevicesPage> {
  const { rows, next_cursor } = pageOf(await selectMembers(tables, of, query), query.limit, placeOf);
  const doing = await devicesInFlight(tables, of.org, rows);
  return { items: rows.map((row) => memberItem(row, doing.get(row.device_id))), next_cursor };
}

function placeOf({ stage, wave, rank }: MemberRow): PlaceKey {
  return { stage, wave, rank };
}

/** Ranks grow with the waves, so this is the order in which the devices are told, and each filter is a part of an index. */
function selectMembers(
  tables: EntityManager,
  { org, rollout_id }: OfRollout,
  { status, wave, stage, cursor, limit }: MembersQuery,
): Promise<MemberRow[]> {
  const query = tables
    .createQueryBuilder(MemberRow, 'm')
    .where('m.org = :org AND m.rollout_id = :rollout_id', { org, rollout_id });
  if (status !== undefined) query.andWhere('m.status = :status', { status: storedStatus(status) });
  if (stage !== undefined) query.andWhere('m.stage = :stage', { stage });
  if (wave !== undefined) query.andWhere('m.wave = :wave', { wave });
  if (cursor !== undefined) {
    const last = decodeCursor(PlaceKey, cursor);
    // With the status in it the comparison fits one index alone; Postgres cannot know how few rows another one would find.
    const [columns, key] = status === undefined ? ['', ''] : ['m.status, ', ':status, '];
    query.andWhere(`(${columns}m.stage, m.wave, m.rank) > (${key}:last_stage, :last_wave, :last_rank)`, {
      ...{ last_stage: last.stage, last_wave: last.wave, last_rank: last.rank },
    });
  }
  return query
    .orderBy('m.stage')
    .addOrderBy('m.wave')
    .addOrderBy('m.rank')
    .limit(limit + 1)
    .getMany();
}

/** What devices say of the updates that are in flight, by device. */
async function devicesInFlight(
  tables: EntityManager,
  org: string,
  members: readonly MemberRow[],
): Promise<Map<string, Pick<DeviceRow, 'update_id' | 'phase' | 'progress'>>> {
  const ids = members.filter(({ status }) => status === 'in_flight').map(({ device_id }) => device_id);
  if (ids.length === 0) return new Map();
  const devices = await tables.find(DeviceRow, {
    select: { device_id: true, update_id: true, phase: true, progress: true },
    where: { org, device_id: In(ids) },
  });
  return new Map(devices.map((device) => [device.device_id, device]));
}

function memberItem(
  row: MemberRow,
  device: Pick<DeviceRow, 'update_id' | 'phase' | 'progress'> | undefined,
): RolloutDevice {
  const { device_id, wave, stage, version, from_version, attempt, update_id, code, detail, not_before } = row;
  const doing = row.status === 'in_flight' && device?.update_id === update_id ? device : undefined;
  return {
    ...{ device_id, wave, stage, status: shownStatus(row.status), version, from_version, attempt, update_id },
    ...{ code, detail, not_before, changed_at: row.changed_at },
    ...{ phase: doing?.phase ?? null, progress: doing?.progress ?? null },
  };
}
