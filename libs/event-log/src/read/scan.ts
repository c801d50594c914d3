import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { backoff } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { decode } from '../wire.js';
import { ScanBroken, ScanConsumer } from './scan-consumer.js';

/** Where a consumer begins when everything up to a position was seen. */
type Beginning = (seen: number) => Partial<ConsumerConfig>;

/** See `EventLog.scan`. */
export function scan(connection: Connection, filters: readonly string[], from: number): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, (seen) => ({
    deliver_policy: 'by_start_sequence',
    opt_start_seq: Math.max(from, seen + 1),
  }));
}

/** See `EventLog.scanLast`. */
export function scanLast(connection: Connection, filters: readonly string[]): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, () => ({ deliver_policy: 'last_per_subject' }));
}

/** The server sends as fast as the caller takes; a delivery that breaks off goes on behind what was seen. */
async function* stored(
  connection: Connection,
  filters: readonly string[],
  beginning: Beginning,
): AsyncGenerator<StoredEvent> {
  let seen = 0;
  for (let failures = 0; ; failures++) {
    const before = seen;
    const consumer = await ScanConsumer.open(connection, { filter_subjects: [...filters], ...beginning(seen) });
    try {
      for await (const { subject, headers, data, seq, timestamp } of consumer.messages()) {
        if (seq <= seen) continue;
        seen = seq;
        const event = decodeOrSkip({ subject, headers, data, position: seq, stored_at: timestamp });
        if (event) yield event;
      }
      return;
    } catch (error) {
      if (!(error instanceof ScanBroken)) throw error;
      logger.warn({ err: error, position: seen }, 'a scan broke off; it goes on');
    } finally {
      await consumer.close();
    }
    if (seen > before) failures = 0;
    await sleep(backoff(failures));
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
