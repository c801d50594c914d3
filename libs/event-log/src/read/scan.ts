import { jetstream } from '@nats-io/jetstream';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import { STREAM } from '../connection/stream.js';
import { decode } from '../wire.js';

/** See `EventLog.scanLast`. An ordered consumer: the server sends as fast as the caller takes. */
export async function* scanLast(connection: Connection, filters: readonly string[]): AsyncGenerator<StoredEvent> {
  const options = { filter_subjects: [...filters], deliver_policy: 'last_per_subject' as const };
  const consumer = await connection.ask(() => jetstream(connection.nats).consumers.get(STREAM, options));
  const info = await consumer.info(true);
  if (info.num_pending === 0) return;
  const messages = await consumer.consume({ max_messages: 1_000 });
  try {
    for await (const { subject, headers, data, seq, info: delivery, timestamp } of messages) {
      const event = decodeOrSkip({ subject, headers, data, position: seq, stored_at: timestamp });
      if (event) yield event;
      if (delivery.pending === 0) return;
    }
  } finally {
    await messages.close();
    await consumer.delete().catch(() => undefined);
  }
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
