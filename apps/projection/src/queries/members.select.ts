import { In, type EntityManager } from 'typeorm';
import { STAGES, type Stage } from '@edgeflow/contracts';
import { wasTold } from '@edgeflow/rollout';
import { MemberRow } from '@edgeflow/rollout-rows';
import { DeviceRow } from '../rows/device.row.js';
import { isPosition } from './cursor.js';
import type { OfRollout } from './of-rollout.js';
import type { List, Part } from './read-models.js';
import {
  shownStatus,
  storedStatus,
  MAX_INTEGER,
  type DeviceStatus,
  type RolloutDevice,
  type RolloutDevicesQuery,
} from '../http/rollout-devices.dto.js';

type Told = Pick<DeviceRow, 'update_id' | 'phase' | 'progress' | 'attempts'>;
/** A device with what it does, and how often it was told which version. */
type Doing = MemberRow & { told: Told | undefined };
type Place = Pick<MemberRow, 'stage' | 'wave' | 'rank'>;

/** Without a status: all of them. */
type MembersQuery = Pick<RolloutDevicesQuery, 'wave' | 'stage'> & {
  status: Exclude<DeviceStatus, 'excluded'> | undefined;
};

/** The devices that are in, with what those do that are in flight, and how often each was told its version. */
export function membersOf(of: OfRollout, query: MembersQuery): List<Doing, Place, RolloutDevice> {
  return {
    key: { stage: isStage, wave: isPlace, rank: isPlace },
    keyOf: ({ stage, wave, rank }) => ({ stage, wave, rank }),
    rows: async (tables, part) => {
      const rows = await selectMembers(tables, of, query, part);
      const told = await devicesOf(tables, of.org, rows);
      return rows.map((row) => ({ ...row, told: told.get(row.device_id) }));
    },
    show: (rows) => rows.map(memberItem),
  };
}

export function isStage(value: unknown): value is Stage {
  return STAGES.some((stage) => stage === value);
}

function isPlace(value: unknown): value is number {
  return isPosition(value) && value <= MAX_INTEGER;
}

/** Ranks grow with the waves, so this is the order in which the devices are told, and each filter is a part of an index. */
function selectMembers(
  tables: EntityManager,
  { org, rollout_id }: OfRollout,
  { status, wave, stage }: MembersQuery,
  { last, take }: Part<Place>,
): Promise<MemberRow[]> {
  const query = tables
    .createQueryBuilder(MemberRow, 'm')
    .where('m.org = :org AND m.rollout_id = :rollout_id', { org, rollout_id });
  if (status !== undefined) query.andWhere('m.status = :status', { status: storedStatus(status) });
  if (stage !== undefined) query.andWhere('m.stage = :stage', { stage });
  if (wave !== undefined) query.andWhere('m.wave = :wave', { wave });
  if (last) {
    // With the status in it the comparison fits one index alone; Postgres cannot know how few rows another one would find.
    const [columns, key] = status === undefined ? ['', ''] : ['m.status, ', ':status, '];
    query.andWhere(`(${columns}m.stage, m.wave, m.rank) > (${key}:last_stage, :last_wave, :last_rank)`, {
      ...{ last_stage: last.stage, last_wave: last.wave, last_rank: last.rank },
    });
  }
  return query.orderBy('m.stage').addOrderBy('m.wave').addOrderBy('m.rank').limit(take).getMany();
}

/** What devices say of their updates, and how often they were told, by device. */
async function devicesOf(
  tables: EntityManager,
  org: string,
  members: readonly MemberRow[],
): Promise<Map<string, Told>> {
  if (members.length === 0) return new Map();
  const devices = await tables.find(DeviceRow, {
    select: { device_id: true, update_id: true, phase: true, progress: true, attempts: true },
    where: { org, device_id: In(members.map(({ device_id }) => device_id)) },
  });
  return new Map(devices.map((device) => [device.device_id, device]));
}

function memberItem(row: Doing): RolloutDevice {
  const { device_id, wave, stage, version, from_version, attempt, update_id, code, detail, not_before } = row;
  const doing = row.status === 'in_flight' && row.told?.update_id === update_id ? row.told : undefined;
  return {
    ...{ device_id, wave, stage, status: shownStatus(row.status), version, from_version, attempt, update_id },
    // Of one that was taken out of service nothing is known but what the rollout has counted.
    attempts_on_version: row.told?.attempts[version]?.told ?? (wasTold(row) ? attempt : 0),
    ...{ code, detail, reverted: row.reverted, not_before, changed_at: row.changed_at },
    ...{ phase: doing?.phase ?? null, progress: doing?.progress ?? null },
  };
}
