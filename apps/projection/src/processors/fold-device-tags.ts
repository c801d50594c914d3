import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { DeviceTagRow } from '../rows/device-tag.row.js';

/** An event that says all tags of a device, or that it is there no more. */
type TagsEvent = StoredEvent<'DeviceRegistered' | 'DeviceChanged' | 'DeviceRemoved'>;

const isOfTags = (event: StoredEvent): event is TagsEvent =>
  event.type === 'DeviceRegistered' || event.type === 'DeviceChanged' || event.type === 'DeviceRemoved';

/** Brings the tags of the devices that a batch is about to what was said of them last. */
export async function foldDeviceTags(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  const last = new Map(batch.filter(isOfTags).map((event) => [`${event.org}/${event.entity_id}`, event]));
  if (last.size === 0) return;
  const events = [...last.values()];
  await removeTags(events, tx);
  await tx.add(DeviceTagRow, events.flatMap(tagsOf));
}

/** Takes the tags of devices away that are gone, though nobody can read why. */
export function passDeviceTags(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  return removeTags(
    unread.filter(({ type }) => type === 'DeviceRemoved'),
    tx,
  );
}

async function removeTags(events: readonly (TagsEvent | UnreadEvent)[], tx: Rows): Promise<void> {
  for (const [org, ofOrg] of Map.groupBy(events, (event) => event.org)) {
    await tx.remove(DeviceTagRow, { org, device_id: { oneOf: ofOrg.map(({ entity_id }) => entity_id) } });
  }
}

function tagsOf({ org, entity_id: device_id, type, data }: TagsEvent): DeviceTagRow[] {
  if (type === 'DeviceRemoved') return [];
  return [...new Set(data.tags)].map((tag) => ({ org, device_id, tag }));
}
