import { jetstream, type Consumer, type JsMsg, type OrderedConsumerOptions } from '@nats-io/jetstream';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { STREAM, stateOf } from '../connection/stream.js';
import { decode } from '../wire.js';

/** How long one pull waits, in milliseconds; a consumer that went with its server is made again after about so long. */
const PULL_MS = 5_000;

/** See `EventLog.scan`. */
export function scan(connection: Connection, filters: readonly string[], from: number): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, { deliver_policy: 'by_start_sequence', opt_start_seq: from });
}

/** See `EventLog.scanLast`. */
export function scanLast(connection: Connection, filters: readonly string[]): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, { deliver_policy: 'last_per_subject' });
}

/** An ordered consumer: the server sends as fast as the caller takes. */
async function* stored(
  connection: Connection,
  filters: readonly string[],
  policy: Pick<OrderedConsumerOptions, 'deliver_policy'> & Partial<OrderedConsumerOptions>,
): AsyncGenerator<StoredEvent> {
  const options = { filter_subjects: [...filters], ...policy };
  const consumer = await connection.ask(() => jetstream(connection.nats).consumers.get(STREAM, options));
  try {
    if ((await consumer.info(true)).num_pending === 0) return;
    // Asked for after the consumer was made, so that all it had to deliver lies before; what comes meanwhile would never end.
    const { last } = await stateOf(connection);
    for await (const { subject, headers, data, seq, info, timestamp } of deliveryOf(consumer)) {
      if (seq > last) return;
      const event = decodeOrSkip({ subject, headers, data, position: seq, stored_at: timestamp });
      if (event) yield event;
      if (info.pending === 0) return;
    }
  } finally {
    await consumer.delete().catch(() => undefined);
  }
}

/** What a consumer delivers, without end. @throws Refused `log-unavailable` when the connection is closed */
async function* deliveryOf(consumer: Consumer): AsyncGenerator<JsMsg> {
  const messages = await consumer.consume({ max_messages: 1_000, expires: PULL_MS });
  try {
    yield* messages;
  } catch (cause) {
    if (!isUnavailable(cause)) throw cause;
    throw new Refused('log-unavailable', undefined, {}, { cause });
  } finally {
    await messages.close();
  }
  // A closed connection may also end the delivery without an error (@nats-io/jetstream 3.4.0); half a scan must not look whole.
  throw new Refused('log-unavailable');
}

function decodeOrSkip(message: Parameters<typeof decode>[0]): StoredEvent | undefined {
  try {
    return decode(message);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    logger.error({ err: error, position: message.position }, 'a scan left out what is no event');
    return undefined;
  }
}
