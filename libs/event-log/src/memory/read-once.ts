import type { MsgHdrs } from '@nats-io/nats-core';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { ReadReceived, Received } from '../received.js';
import { readReceived } from '../wire.js';

/** What was read of a message, by its headers: each message that is sent has its own. */
const found = new WeakMap<MsgHdrs, { of: Received; event: StoredEvent | UnreadEvent }>();

/**
 * Reads a message once for all who get it: all nodes of a world get the same bytes from the one server, and nine of ten times would only find
 * again what is known. Real nodes get an event each; this one is frozen, so that none of them can change it under the others.
 */
export const readOnce: ReadReceived = (received) => {
  const { headers } = received;
  if (!headers) return frozen(readReceived(received));
  const known = found.get(headers);
  if (known && isSame(known.of, received)) return known.event;
  const event = frozen(readReceived(received));
  found.set(headers, { of: received, event });
  return event;
};

function isSame(one: Received, other: Received): boolean {
  const isThere = one.position === other.position && one.stored_at === other.stored_at;
  return isThere && one.subject === other.subject && one.data === other.data;
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) frozen(member);
  return Object.freeze(value);
}
