import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/nats-core';
import {
  envelopeOf,
  isUnread,
  readMessage,
  type StoredEvent,
  type StoredMessage,
  type Unread,
  type UnreadEvent,
} from '@edgeflow/contracts';
import type { Delivered, Fetched } from './connection/nats-client.js';
import { unreadEvents } from './metrics.js';
import type { ReadReceived, Received } from './received.js';

/** A message of a consumer. */
export function delivered({ subject, headers, data, seq, timestamp }: Delivered): Received {
  return { subject, headers, data, position: seq, stored_at: timestamp };
}

/** A message of a direct get. */
export function fetched({ subject, header, data, seq, timestamp }: Fetched): Received {
  return { subject, headers: header, data, position: seq, stored_at: timestamp };
}

/** The headers of a message to be written. */
export function toHeaders(entries: Iterable<readonly [string, string]>): MsgHdrs {
  const headers = emptyHeaders();
  for (const [name, value] of entries) headers.set(name, value);
  return headers;
}

/** The headers by their names in lower case: they come in any case, since teams write with other clients. A name has one value. */
export function toMap(headers: MsgHdrs | undefined): Map<string, string> {
  const map = new Map<string, string>();
  for (const [name, [value]] of headers ?? []) if (value !== undefined) map.set(inLowerCase(name), value);
  return map;
}

/** Names of headers in lower case, by the names as they came: a log has few. */
const lower = new Map<string, string>();
const LOWER_MAX = 1_000;

function inLowerCase(name: string): string {
  const known = lower.get(name);
  if (known !== undefined) return known;
  const spelt = name.toLowerCase();
  if (lower.size < LOWER_MAX) lower.set(name, spelt);
  return spelt;
}

function messageIn({ subject, headers, data, position, stored_at }: Received): StoredMessage {
  return { subject, headers: toMap(headers), body: data, position, ...(stored_at && { stored_at }) };
}

/** See `readMessage`. */
export const readReceived: ReadReceived = (received) => readMessage(messageIn(received));

/**
 * The event in a message of the log, or what is left of it. Never throws; what is not read is counted.
 * @param over what it came
 * @param reader who reads, for the count
 */
export function decode(
  { read }: { read: ReadReceived },
  received: Received,
  reader: string,
): StoredEvent | UnreadEvent {
  return counted(read(received), reader);
}

/** Counts what was not read, once for each reader. */
export function counted<E extends StoredEvent | UnreadEvent>(event: E, reader: string): E {
  if (isUnread(event)) unreadEvents.inc({ reader, why: event.unread.why });
  return event;
}

/** What is left of an event that could be read and not be handled. */
export function unhandled(received: Received, why: Unread): UnreadEvent {
  return envelopeOf(messageIn(received), why);
}
