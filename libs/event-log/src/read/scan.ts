import type { ConsumerConfig } from '@nats-io/jetstream';
import { isUnread, type StoredEvent } from '@edgeflow/contracts';
import { warnSparsely } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import type { Delivered } from '../connection/nats-client.js';
import { decode, delivered } from '../wire.js';
import { DeliveryBroken, OrderedConsumer } from './ordered-consumer.js';
import { stateOf } from '../connection/stream.js';
import { scanNames } from '../rights/consumers.js';
import type { ScanOptions } from '../types.js';

/** See `EventLog.scan`. */
export function scan(
  connection: Connection,
  filters: readonly string[],
  { from = 1, onUnread }: ScanOptions & { from?: number },
): AsyncGenerator<StoredEvent> {
  const beginning = (seen: number) =>
    ({ deliver_policy: 'by_start_sequence', opt_start_seq: Math.max(from, seen + 1) }) as const;
  return stored(connection, filters, beginning, onUnread);
}

/** See `EventLog.scanLast`. */
export function scanLast(
  connection: Connection,
  filters: readonly string[],
  { onUnread }: ScanOptions,
): AsyncGenerator<StoredEvent> {
  return stored(connection, filters, () => ({ deliver_policy: 'last_per_subject' }), onUnread);
}

/**
 * The server sends as fast as the caller takes; a delivery that breaks off goes on behind what was seen.
 * @param beginning where a consumer begins when everything up to a position was seen
 */
async function* stored(
  connection: Connection,
  filters: readonly string[],
  beginning: (seen: number) => Partial<ConsumerConfig>,
  onUnread: ScanOptions['onUnread'],
): AsyncGenerator<StoredEvent> {
  let seen = 0;
  for (let failures = 0; ; failures++) {
    const before = seen;
    const config = { filter_subjects: [...filters], ...beginning(seen) };
    const consumer = await OrderedConsumer.open(connection, scanNames(connection.name), config);
    try {
      for await (const message of storedNow(connection, consumer)) {
        if (message.seq <= seen) continue;
        seen = message.seq;
        const event = decode(connection, delivered(message), 'scan');
        if (isUnread(event)) onUnread?.(event);
        else yield event;
      }
      return;
    } catch (error) {
      if (!(error instanceof DeliveryBroken)) throw error;
      const about = { err: error, position: seen };
      warnSparsely(filters.join(), about, 'a scan broke off; it goes on', connection.machine.clock);
    } finally {
      await consumer.close();
    }
    if (seen > before) failures = 0;
    await connection.pause(failures);
  }
}

/** All that is stored now and matches, in order. */
async function* storedNow(connection: Connection, consumer: OrderedConsumer): AsyncGenerator<Delivered> {
  if (consumer.pending === 0) return;
  // Asked for after the consumer was made, so that all it had to deliver lies before; what comes meanwhile would never end.
  const { last } = await stateOf(connection);
  for await (const message of consumer.messages()) {
    if (message.seq > last) return;
    yield message;
    if (message.info.pending === 0) return;
  }
}
