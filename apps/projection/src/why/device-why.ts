import { In, LessThan, Not, type EntityManager } from 'typeorm';
import type { EventName } from '@edgeflow/contracts';
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

interface OfDevice {
  org: string;
  device_id: string;
}

/**
 * What led a device to where its newest update is, across its own timeline and that of the rollout that told it, newest first. A device
 * that nobody asked to update has the chain of its newest event; undefined when nothing was ever said of it.
 */
export async function deviceWhy(tables: EntityManager, of: OfDevice): Promise<Chain | undefined> {
  const start = (await newestOf(tables, of, ABOUT_UPDATE)) ?? (await newestOf(tables, of));
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
  return { events: newestFirst(inBoth(shown, beyond)), complete };
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

/** A rollback of one device stands in both timelines. */
function inBoth(own: Chain['events'], rollout: Chain['events']): Chain['events'] {
  return [...new Map([...own, ...rollout].map((event) => [event.position, event])).values()];
}
