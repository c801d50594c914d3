import { nuid, type MsgHdrs } from '@nats-io/nats-core';
import { legible, Refused, toBinary, type OtaEvent, type WireMessage } from '@edgeflow/contracts';
import { withoutSecrets } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { STREAM } from '../connection/stream.js';
import { guardsOf, type Guard } from './guards.js';
import { parseReply, type PublishReply } from './publish-reply.js';
import type { Expectation } from '../types.js';
import { toHeaders } from '../wire.js';

/** The server takes so many messages in an atomic batch (ADR-50 of NATS). */
const MAX_BATCH = 1_000;
const LEASE = 'Nats-TTL';
/** How long one attempt may take, in milliseconds. */
const ATTEMPT_MS = 2_000;

/** A message on its way into the log. */
export interface Outgoing {
  event: OtaEvent;
  subject: string;
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
  guard?: Guard;
}

/**
 * The events as messages, with their ids, and with their guards where something is expected.
 * @throws Refused `invalid-request` for none or too many, `event-invalid`, `subject-invalid`
 * @throws Error as `guardsOf` does
 */
export function encode(events: readonly OtaEvent[], expect: Expectation | undefined): Outgoing[] {
  if (events.length === 0 || events.length > MAX_BATCH) {
    throw new Refused('invalid-request', `an append takes 1 to ${MAX_BATCH} events`, { events: events.length });
  }
  const guards = expect ? guardsOf(events, expect) : undefined;
  return events.map((event, index) => {
    const { subject, headers, body } = written(event);
    const guard = guards?.get(index);
    const all = new Map([...headers, ['Nats-Msg-Id', event.id], ...leaseOf(event)]);
    return { event, subject, body, headers: all, ...(guard && { guard }) };
  });
}

/**
 * An event as it leaves us. Secrets never enter one (docs/architecture.md, "The log"), whoever wrote one into a text; nor does what no fold can store.
 * @throws Refused as `toBinary` does
 */
export function written(event: OtaEvent): WireMessage {
  return toBinary({ ...event, data: legible(withoutSecrets(event.data)) } as OtaEvent);
}

/** How long the server keeps the message, in whole seconds (NATS ADR-43). */
function leaseOf({ ttl_s }: OtaEvent): [string, string][] {
  return ttl_s === undefined ? [] : [[LEASE, `${Math.max(1, Math.ceil(ttl_s))}s`]];
}

/** The same message, kept for ever. */
export function withoutLease(message: Outgoing): Outgoing {
  return { ...message, headers: new Map([...message.headers].filter(([name]) => name !== LEASE)) };
}

/** About what the messages take on the disk, in bytes: a server adds its own few to each, and to each header. */
export function sizeOf(messages: readonly Outgoing[]): number {
  return messages.reduce((bytes, { headers, body }) => bytes + body.byteLength + 40 * headers.size + 30, 0);
}

/**
 * Sends the messages once: one alone as it is, more as an atomic batch. The headers are set here and the answer is read here, since
 * the client drops the expectations of a batch and hides the server's reason (@nats-io/jetstream 3.4.0).
 */
export async function publish(connection: Connection, messages: readonly Outgoing[]): Promise<PublishReply> {
  const batch = messages.length > 1 ? nuid.next() : undefined;
  for (const [index, message] of messages.slice(0, -1).entries()) {
    connection.nats.publish(message.subject, message.body, { headers: headersOf(message, batch, index + 1) });
  }
  const last = messages.at(-1);
  if (!last) throw new Error('nothing to publish');
  const headers = headersOf(last, batch, messages.length);
  if (batch) headers.set('Nats-Batch-Commit', '1');
  const reply = await connection.nats.request(last.subject, last.body, { headers, timeout: ATTEMPT_MS });
  return parseReply(reply.data);
}

function headersOf(message: Outgoing, batch: string | undefined, sequence: number): MsgHdrs {
  const headers = toHeaders(message.headers);
  headers.set('Nats-Expected-Stream', STREAM);
  if (message.guard) {
    headers.set('Nats-Expected-Last-Subject-Sequence', String(message.guard.after));
    headers.set('Nats-Expected-Last-Subject-Sequence-Subject', message.guard.stream);
  }
  if (batch) {
    headers.set('Nats-Batch-Id', batch);
    headers.set('Nats-Batch-Sequence', String(sequence));
  }
  return headers;
}
