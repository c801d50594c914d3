import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/nats-core';

/** A message on its way to the server. */
export interface Sent {
  subject: string;
  headers: MsgHdrs | undefined;
  data: Uint8Array;
  /** The first value of each header: the client looks through all of them for one. */
  fields: ReadonlyMap<string, string>;
  /** What the headers take on the wire. */
  header_bytes: number;
}

/** A message that is to be sent. */
export function sentOf(subject: string, headers: MsgHdrs | undefined, data: Uint8Array): Sent {
  const fields = new Map<string, string>();
  let header_bytes = headers === undefined ? 0 : 'NATS/1.0\r\n\r\n'.length;
  for (const [name, values] of headers ?? []) {
    fields.set(name, values[0] ?? '');
    for (const value of values) header_bytes += name.length + Buffer.byteLength(value) + 4;
  }
  return { subject, headers, data, fields, header_bytes };
}

/** A message as a stream holds it. */
export interface StoredMessage extends Sent {
  tokens: readonly string[];
  position: number;
  /** When it was stored, in milliseconds since 1970. */
  at: number;
  /** The same in ISO 8601. */
  timestamp: string;
  size: number;
}

/** A header's value; empty when there is none. */
export function header({ fields }: Pick<Sent, 'fields'>, name: string): string {
  return fields.get(name) ?? '';
}

/** What a message takes in the server's file, in bytes (`fileStoreMsgSize` of nats-server 2.15). */
export function sizeOf({ subject, headers, data, header_bytes }: Sent): number {
  return 30 + Buffer.byteLength(subject) + data.byteLength + (headers === undefined ? 0 : 4 + header_bytes);
}

/** What the message counts by the limit of one message, in bytes. */
export function payloadOf({ data, header_bytes }: Sent): number {
  return data.byteLength + header_bytes;
}

/** How long a message is kept, in milliseconds; endless where nothing is said. */
export function keptFor(message: Sent): number {
  const ttl = header(message, 'Nats-TTL');
  return ttl === '' ? Infinity : Number(ttl.slice(0, -1)) * 1_000;
}

/** A stored message as the stream's republish sends it on (`RepublishHeaders` of the client). */
export function republished(message: StoredMessage, stream: string, before: number): MsgHdrs {
  const headers = emptyHeaders();
  for (const [name, values] of message.headers ?? []) for (const value of values) headers.append(name, value);
  headers.set('Nats-Stream', stream);
  headers.set('Nats-Subject', message.subject);
  headers.set('Nats-Sequence', String(message.position));
  headers.set('Nats-Time-Stamp', message.timestamp);
  headers.set('Nats-Last-Sequence', String(before));
  return headers;
}
