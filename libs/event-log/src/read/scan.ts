import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerConfig } from '@nats-io/jetstream';
import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { backoff } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { decode, delivered } from '../wire.js';
import { ScanBroken, ScanConsumer } from './scan-consumer.js';

/** Where a consumer begins when everything up to a position was seen. */
type Beginning = (seen: number) => Partial<ConsumerConfig>;

/** Told of what is left out. */
type OnUnread = (event: UnreadEvent) => void;

/** See `EventLog.scan`. */
export function scan(
  connection: Connection,
  filters: readonly string[],
  from: number,
  onUnread?: OnUnread,
): AsyncGenerator<StoredEvent> {
  const beginning: Beginning = (seen) => ({
    deliver_policy: 'by_start_sequence',
    opt_start_seq: Math.max(from, seen + 1),
  });
  return stored(connection, filters, beginning, onUnread);
}

/** See `EventLog.scanLast`. */
export function scanLast(
  connection: Connection,
  filters: readonly string[],
  onUnread?: OnUnread,
): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, () => ({ deliver_policy: 'last_per_subject' }), onUnread);
}

/** The server sends as fast as the caller takes; a delivery that breaks off goes on behind what was seen. */
async function* stored(
  connection: Connection,
  filters: readonly string[],
  beginning: Beginning,
  onUnread: OnUnread = () => undefined,
): AsyncGenerator<StoredEvent> {
  let seen = 0;
  for (let failures = 0; ; failures++) {
    const before = seen;
    const consumer = await ScanConsumer.open(connection, { filter_subjects: [...filters], ...beginning(seen) });
    try {
      for await (const message of consumer.messages()) {
        if (message.seq <= seen) continue;
        seen = message.seq;
        const event = decode(delivered(message), 'scan');
        if (isUnread(event)) onUnread(event);
        else yield event;
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
