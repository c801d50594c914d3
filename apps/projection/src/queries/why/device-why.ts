import { In, LessThan, MoreThan, MoreThanOrEqual, Not, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { namesOf, type DataOf, type EventName } from '@edgeflow/contracts';
import { TimelineRow } from '../../rows/timeline.row.js';
import { bounded, causesBeyond, deviceChain, newestFirst } from './chain.js';
import { eventsById, rolloutChain, type Chain } from './rollout-chain.js';

/** What says where a device's update is. */
const ABOUT_UPDATE = namesOf('update').filter((name) => name !== 'DeadlineReached');
/** Events of the device that are looked through for the chain. */
const LOOK_BACK = 500;

/** Refusals that are looked through for the newest of each reason. */
const REFUSALS_MAX = 50;

interface OfDevice {
  org: string;
  device_id: string;
}

/**
 * What led a device to where its newest update is, across its own timeline and that of the rollout that told it, newest first. A device
 * that nobody asked to update has the chain of its newest event; undefined when nothing was ever said of it. What the device was refused
 * since the chain began stands in it: it may be why nothing goes on.
 */
export async function deviceWhy(tables: EntityManager, of: OfDevice): Promise<Chain | undefined> {
  const removal = await newestOf(tables, of, ['DeviceRemoved']);
  const next = removal && (await registeredAfter(tables, of, removal.position));
  const since = next ?? removal;
  // What became of the device that had the id before is nothing that this one waits for.
  const ofThis = since ? { ...of, position: MoreThanOrEqual(since.position) } : of;
  const newest = await newestOf(tables, ofThis, ABOUT_UPDATE);
  const update = next && newest && endsFormerLife(newest) ? undefined : newest;
  const start = update ?? (await newestOf(tables, ofThis, next && namesOf('device')));
  if (!start) return undefined;
  const before = await tables.find(TimelineRow, {
    where: { ...of, position: LessThan(start.position), type: Not<EventName>('DeviceProgressReported') },
    order: { position: 'DESC' },
    take: LOOK_BACK,
  });
  const own = deviceChain(start, before);
  const shown = bounded(own);
  const [told] = newestFirst(await eventsById(tables, of.org, causesBeyond(own)));
  const rollout = told && (await rolloutChain(tables, told, told.position));
  const complete = shown.length === own.length && (rollout?.complete ?? true);
  const beyond = told ? [told, ...(rollout?.events ?? [])] : [];
  const refused = await refusals(tables, of, update ? (own.at(-1)?.position ?? 0) : 0);
  const late = update ? await cameUpOn(tables, ofThis, update) : [];
  return { events: newestFirst(inBoth([...late, ...shown, ...refused], beyond)), complete };
}

/** A device that was told may finish what was taken back, or had failed: that it runs the version all the same belongs to the story. */
async function cameUpOn(
  tables: EntityManager,
  of: OfDevice,
  { position, type, data }: TimelineRow,
): Promise<TimelineRow[]> {
  if (type !== 'UpdateCancelled' && type !== 'UpdateFailed') return [];
  const said = await newestOf(tables, { ...of, position: MoreThan(position) }, ['DeviceVersionReported']);
  const { version } = data as DataOf<'UpdateCancelled'>;
  return said && (said.data as DataOf<'DeviceVersionReported'>).version === version ? [said] : [];
}

/** The registration of the device that has the id since another one was taken out of service. */
async function registeredAfter(
  tables: EntityManager,
  of: OfDevice,
  position: number,
): Promise<TimelineRow | undefined> {
  const where = { ...of, type: 'DeviceRegistered' as const, position: MoreThan(position) };
  const [row] = await tables.find(TimelineRow, { where, order: { position: 'ASC' }, take: 1 });
  return row;
}

/** True for the end of an update that its device was taken out of service with: it may be written when another one has the id. */
function endsFormerLife({ data }: TimelineRow): boolean {
  return 'code' in data && data.code === 'device-removed';
}

async function newestOf(
  tables: EntityManager,
  of: FindOptionsWhere<TimelineRow>,
  types?: readonly EventName[],
): Promise<TimelineRow | undefined> {
  const where = { ...of, ...(types && { type: In(types) }) };
  const [row] = await tables.find(TimelineRow, { where, order: { position: 'DESC' }, take: 1 });
  return row;
}

/** What the device was refused behind a position: of each gateway and reason the newest, which counts those before it. */
async function refusals(tables: EntityManager, of: OfDevice, position: number): Promise<TimelineRow[]> {
  const where = { ...of, type: 'DeviceRefused' as const, position: MoreThan(position) };
  const rows = await tables.find(TimelineRow, { where, order: { position: 'DESC' }, take: REFUSALS_MAX });
  const keyOf = ({ data }: TimelineRow): string => {
    const { gateway_id, what, code } = data as DataOf<'DeviceRefused'>;
    return `${gateway_id} ${what} ${code}`;
  };
  return [...new Map(rows.toReversed().map((row) => [keyOf(row), row])).values()];
}

/** A rollback of one device stands in both timelines. */
function inBoth(own: Chain['events'], rollout: Chain['events']): Chain['events'] {
  return [...new Map([...own, ...rollout].map((event) => [event.position, event])).values()];
}
