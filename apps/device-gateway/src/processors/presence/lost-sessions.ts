import type { StoredEvent } from '@edgeflow/contracts';

/** Finds, among the newest presence events of all devices, the sessions of one gateway that nobody said goodbye for. The order does not matter. */
export async function lostSessions(
  newest: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  gatewayId: string,
): Promise<StoredEvent<'DeviceConnected'>[]> {
  const connected: StoredEvent<'DeviceConnected'>[] = [];
  const ended = new Set<string>();
  for await (const event of newest) {
    if (event.type === 'DeviceConnected' && event.data.gateway_id === gatewayId) connected.push(event);
    if (event.type === 'DeviceDisconnected') ended.add(event.data.session_id);
  }
  return connected.filter(({ data }) => !ended.has(data.session_id));
}
