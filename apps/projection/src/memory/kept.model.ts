import { modelOfQuery, type Model, type ModelTables } from '@edgeflow/fold/memory';
import { POSTPONED } from '@edgeflow/rollout';
import { MemberRow, RolloutRow } from '@edgeflow/rollout-rows';
import { IN_FLIGHT } from '../queries/in-flight.select.js';
import { KEPT, type Waiting } from '../queries/kept.select.js';
import { NAMED_MAX, WANTING } from '../queries/more-urgent.select.js';
import { DeviceRow } from '../rows/device.row.js';

type Kept = 'apart' | 'later' | 'offline' | 'busy' | 'closed' | 'outranked' | undefined;

const keptModel = modelOfQuery(KEPT, async (tables, of) => {
  const devices = await devicesOf(tables, of.org);
  const members = await membersOf(tables, of.org);
  const urgent = of.outranked ? await urgentIn(tables, of) : [];
  const wants = new Set(members.filter(isOneOf(urgent)).map(({ device_id }) => device_id));
  const waiting = members.filter((row) => isMine(row, of)).map((row) => ({ row, device: devices.get(row.device_id) }));
  const all = waiting.map(({ row, device }) => {
    const fleet = device?.fleet ?? null;
    return { row, fleet, kept: keptBy(row, device, of, wants.has(row.device_id)) };
  });
  const by = (kept: Kept) => all.filter((one) => one.kept === kept);
  const tries = by('later').map(({ row }) => row.not_before ?? '');
  const counted = {
    ...{ backing_off: tries.length, next_try_at: dateOf(tries.toSorted()[0]) },
    ...{ offline: by('offline').length, busy: by('busy').length, outranked: by('outranked').length },
    ...{ fleet_closed: by('closed').length, fleets: fleetsOf(by('closed')) },
    ...{ apart: by('apart').length, apart_of: fleetsOf(by('apart')) },
  };
  return [counted];
});

const inFlightModel = modelOfQuery(IN_FLIGHT, async (tables, { org, rollout_id }) => {
  const devices = await devicesOf(tables, org);
  const told = (await membersOf(tables, org))
    .filter((row) => row.rollout_id === rollout_id && row.status === 'in_flight' && row.code !== POSTPONED)
    .toSorted((a, b) => (`${a.changed_at} ${a.device_id}` < `${b.changed_at} ${b.device_id}` ? -1 : 1));
  const deadlines = told.flatMap(({ deadline_at }) => deadline_at ?? []).toSorted();
  const offline = told.filter(({ device_id }) => devices.get(device_id)?.online !== true).length;
  const [oldest] = told;
  const since = dateOf(oldest?.changed_at);
  return [{ offline, next_deadline_at: dateOf(deadlines[0]), device_id: oldest?.device_id ?? null, since }];
});

const wantingModel = modelOfQuery(WANTING, async (tables, of) => {
  const members = await membersOf(tables, of.org);
  const mine = new Set(members.filter((row) => isMine(row, of)).map(({ device_id }) => device_id));
  const wanted = members.filter((row) => row.status === 'waiting' && mine.has(row.device_id));
  const named = (await urgentIn(tables, of)).filter(({ rollout_id }) =>
    wanted.some((row) => row.rollout_id === rollout_id),
  );
  return named
    .toSorted((a, b) => b.priority - a.priority || (a.rollout_id < b.rollout_id ? -1 : 1))
    .map(({ rollout_id }) => ({ rollout_id }))
    .slice(0, NAMED_MAX);
});

/** What the projection's named queries are in memory. */
export const projectionModels: readonly Model[] = [keptModel, inFlightModel, wantingModel];

function keptBy(row: MemberRow, device: DeviceRow | undefined, of: Waiting, isWanted: boolean): Kept {
  const isIn = (fleets: readonly string[]): boolean =>
    typeof device?.fleet === 'string' && fleets.includes(device.fleet);
  if (isIn(of.apart_from)) return 'apart';
  if (row.not_before !== null && row.not_before > of.at) return 'later';
  if (device?.online !== true) return 'offline';
  if (device.ota_status === 'updating') return 'busy';
  if (isIn(of.closed)) return 'closed';
  return isWanted ? 'outranked' : undefined;
}

/** A device that waits in waves of a rollout. */
function isMine(row: MemberRow, of: { rollout_id: string; stage: string; waves: readonly number[] }): boolean {
  const isThere = row.rollout_id === of.rollout_id && row.stage === of.stage && of.waves.includes(row.wave);
  return isThere && row.status === 'waiting';
}

function isOneOf(rollouts: readonly RolloutRow[]): (row: MemberRow) => boolean {
  const ids = new Set(rollouts.map(({ rollout_id }) => rollout_id));
  return (row) => row.status === 'waiting' && ids.has(row.rollout_id);
}

/** Rollouts of a higher priority that go on. */
async function urgentIn(tables: ModelTables, of: { org: string; priority: number }): Promise<RolloutRow[]> {
  const rows = await tables.all(RolloutRow);
  const moves = (status: string): boolean => status === 'running' || status === 'rolling_back';
  return rows.filter((row) => row.org === of.org && moves(row.status) && row.priority > of.priority);
}

async function devicesOf(tables: ModelTables, org: string): Promise<Map<string, DeviceRow>> {
  const rows = (await tables.all(DeviceRow)).filter((row) => row.org === org);
  return new Map(rows.map((row) => [row.device_id, row]));
}

async function membersOf(tables: ModelTables, org: string): Promise<MemberRow[]> {
  return (await tables.all(MemberRow)).filter((row) => row.org === org);
}

function dateOf(time: string | undefined): Date | null {
  return time === undefined ? null : new Date(time);
}

/** Each once; a device may be of none. */
function fleetsOf(of: readonly { fleet: string | null }[]): string[] | null {
  const fleets = [...new Set(of.flatMap(({ fleet }) => fleet ?? []))].toSorted();
  return fleets.length > 0 ? fleets : null;
}
