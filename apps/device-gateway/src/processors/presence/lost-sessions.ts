import type { StoredEvent } from '@edgeflow/contracts';

/** What the newest presence events of all devices say of one gateway. */
interface Found {
  /** Its sessions that nobody said goodbye for. */
  lost: StoredEvent<'DeviceConnected'>[];
  /** The goodbye at the highest position, whichever gateway's: while it stands, so do all before it. */
  last: StoredEvent<'DeviceDisconnected'> | undefined;
}

/** Finds, among the newest presence events of all devices, the sessions of some gateways that nobody said goodbye for. The order does not matter. */
export async function lostSessions(
  newest: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
  isOf: (gateway_id: string) => boolean,
): Promise<Found> {
  const connected: StoredEvent<'DeviceConnected'>[] = [];
  const ended = new Set<string>();
  let last: Found['last'];
  for await (const event of newest) {
    if (event.type === 'DeviceConnected' && isOf(event.data.gateway_id)) connected.push(event);
    if (event.type !== 'DeviceDisconnected') continue;
    ended.add(event.data.session_id);
    if (event.position > (last?.position ?? 0)) last = event;
  }
  return { lost: connected.filter(({ data }) => !ended.has(data.session_id)), last };
}
