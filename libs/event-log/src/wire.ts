import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/nats-core';
import { Refused, fromMessage, type StoredEvent, type WireMessage } from '@edgeflow/contracts';

/** What a NATS message, however it came, says of an event. */
export interface Received {
  subject: string;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
  /** The stream sequence. */
  position: number;
  stored_at?: string;
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
  for (const [name, [value]] of headers ?? []) if (value !== undefined) map.set(name.toLowerCase(), value);
  return map;
}

/**
 * The event in a message of the log.
 * @throws Refused `event-invalid` that names the message: it is poison, and no retry will help
 */
export function decode({ subject, headers, data, position, stored_at }: Received): StoredEvent {
  const message: WireMessage = { subject, headers: toMap(headers), body: data, ...(stored_at && { stored_at }) };
  try {
    return { ...fromMessage(message), position };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const detail = `position ${position} of the log holds no event that can be read: ${cause.detail}`;
    throw new Refused('event-invalid', detail, { ...cause.facts, position, subject }, { cause });
  }
}
