import type { EntityManager } from 'typeorm';
import { toEvent, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { emptyLane, evolve, isDue, wakesAt, type DeviceLane } from '@edgeflow/device-update';
import { passLanes, upsertForward } from '@edgeflow/fold';
import { DeviceLaneRow } from './device-lane.row.js';

/** The device whose lane an event belongs to; undefined for what is not about one device. */
function deviceOf(event: StoredEvent): string | undefined {
  return 'device_id' in event.data ? event.data.device_id : undefined;
}

/** Brings the rows of the devices that a batch is about forward: one query to load them, one to store them. */
export async function foldLanes(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  const byLane = Map.groupBy(
    batch.filter((event) => deviceOf(event) !== undefined),
    (event) => `${event.org}/${deviceOf(event)}`,
  );
  if (byLane.size === 0) return;
  const rows = await loadRows(byLane.keys(), tx);
  const next = [...byLane].map(([key, events]) => advance(rows.get(key) ?? emptyRow(key), events));
  await upsertForward(tx, DeviceLaneRow, next);
}

/** Moves devices past events of their update lanes that nobody reads, and takes out those whose revocation stands in words not known here. */
export async function passOverLanes(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  const empty = ({ org, entity_id, position }: UnreadEvent): DeviceLaneRow => ({
    ...emptyRow(`${org}/${entity_id}`),
    lane_position: position,
  });
  const ofUpdates = unread.filter(({ entity }) => entity === 'update');
  await passLanes(tx, { entity: DeviceLaneRow, id: 'device_id', empty }, ofUpdates);
  await foldLanes(unread.filter(isRevocation).map(asRevoked), tx);
}

function isRevocation({ entity, type, unread }: UnreadEvent): boolean {
  return (
    entity === 'device' && type === 'DeviceRevoked' && unread.why === 'set-aside' && unread.code === 'event-invalid'
  );
}

function asRevoked({ org, entity_id, position, id, time }: UnreadEvent): StoredEvent {
  const fact = { type: 'DeviceRevoked', data: { device_id: entity_id, revoked_by: '' } } as const;
  return { ...toEvent({ org, entity: 'device', entity_id }, fact, { id, source: '', time }), position };
}

function emptyRow(key: string): DeviceLaneRow {
  const [org = '', device_id = ''] = key.split('/');
  return { org, device_id, lane_position: 0, position: 0, state: emptyLane, ...columnsOf(emptyLane) };
}

async function loadRows(keys: Iterable<string>, tx: EntityManager): Promise<Map<string, DeviceLaneRow>> {
  const wanted = [...keys].map((key) => key.split('/'));
  const found = await tx
    .createQueryBuilder(DeviceLaneRow, 'lane')
    .where('(lane.org, lane.device_id) IN (SELECT * FROM unnest(:orgs::text[], :ids::text[]))', {
      orgs: wanted.map(([org]) => org),
      ids: wanted.map(([, id]) => id),
    })
    .getMany();
  return new Map(found.map((row) => [`${row.org}/${row.device_id}`, row]));
}

/** The row after its events; what it has already is passed over. */
function advance(row: DeviceLaneRow, events: readonly StoredEvent[]): DeviceLaneRow {
  const next = { ...row };
  for (const event of events) {
    if (event.position <= next.position) continue;
    next.state = evolve(next.state, event);
    next.position = event.position;
    if (event.entity === 'update') next.lane_position = event.position;
  }
  return { ...next, ...columnsOf(next.state) };
}

/** What queries choose devices by. */
function columnsOf(
  state: DeviceLane,
): Omit<DeviceLaneRow, 'org' | 'device_id' | 'lane_position' | 'position' | 'state'> {
  const { registration, presence, running, update } = state;
  const known = registration.status === 'unknown' ? undefined : registration;
  return {
    due: isDue(state),
    wake_at: wakesAt(update) ?? null,
    registration: registration.status,
    model: known?.model ?? null,
    fleet: known?.fleet ?? null,
    tags: known?.tags ?? [],
    version: running.status === 'known' ? running.version : null,
    online: presence.status === 'online',
    busy: update.status !== 'none',
    highest_counter: state.highest_counter ?? null,
  };
}
