import { In, LessThan, MoreThan, Not, type EntityManager } from 'typeorm';
import type { DataOf, EventName } from '@edgeflow/contracts';
import { TimelineRow } from '../timeline/timeline.row.js';
import { bounded, causesBeyond, deviceChain, newestFirst } from './chain.js';
import { eventsById, rolloutChain, type Chain } from './rollout-chain.js';

/** What says where a device's update is. */
const ABOUT_UPDATE: readonly EventName[] = [
  'UpdateQueued',
  'UpdateDispatched',
  'UpdateSkipped',
  'UpdateRejected',
  'UpdateCompleted',
  'UpdateFailed',
  'UpdateCancelled',
];
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
  const update = await newestOf(tables, of, ABOUT_UPDATE);
  const start = update ?? (await newestOf(tables, of));
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
  return { events: newestFirst(inBoth([...shown, ...refused], beyond)), complete };
}

async function newestOf(
  tables: EntityManager,
  of: OfDevice,
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
