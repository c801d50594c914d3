import type { StoredEvent } from '@edgeflow/contracts';

const ENDS: readonly string[] = [
  ...['UpdateCompleted', 'UpdateFailed', 'UpdateCancelled'],
  ...['UpdateSkipped', 'UpdateRejected'],
];

/** What is wrong with the updates of a log, a line each: a second end, an end or an offer that nothing had begun, two open ones of a device. */
export function updateFaults(events: readonly StoredEvent[]): string[] {
  const faults: string[] = [];
  const ended = new Map<string, string>();
  const open = new Map<string, string>();
  for (const event of events) {
    if (event.entity !== 'update' || !('update_id' in event.data)) continue;
    const device = `${event.org}/${event.entity_id}`;
    const update = `${event.org}/${String(event.data.update_id)}`;
    const told = `position ${event.position}: ${event.type} of ${update} of ${device}`;
    if (event.type === 'UpdateQueued') {
      if (open.has(device)) faults.push(`${told}, while ${open.get(device)} is open`);
      open.set(device, update);
    } else if (ENDS.includes(event.type)) {
      if (ended.has(update)) faults.push(`${told}, after ${ended.get(update)}`);
      ended.set(update, event.type);
      if (open.get(device) === update) open.delete(device);
    } else if (event.type === 'UpdateDispatched' && open.get(device) !== update) {
      faults.push(`${told}, which is not open`);
    }
  }
  return faults;
}
