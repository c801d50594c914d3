import { isUnread, parseSubject, Refused, type StoredEvent } from '@edgeflow/contracts';
import { warnSparsely } from '@edgeflow/telemetry';
import { isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { LogIdentity } from '../connection/log-identity.js';
import type { Delivered } from '../connection/nats-client.js';
import { stateOf } from '../connection/stream.js';
import { tailNames } from '../rights/consumers.js';
import type { PlacesOptions, StoredAt, TailOptions } from '../types.js';
import { decode, delivered } from '../wire.js';
import { DeliveryBroken, OrderedConsumer } from './ordered-consumer.js';

/** See `EventLog.tail`. */
export async function* tail(
  connection: Connection,
  filters: readonly string[],
  { onUnread = () => undefined, ...how }: TailOptions,
): AsyncGenerator<StoredEvent> {
  for await (const message of messagesOf(connection, filters, { ...how, config: {} })) {
    const event = decode(connection, delivered(message), 'tail');
    if (isUnread(event)) onUnread(event);
    else yield event;
  }
}

/** See `EventLog.places`. */
export async function* places(
  connection: Connection,
  filters: readonly string[],
  how: PlacesOptions,
): AsyncGenerator<StoredAt> {
  for await (const { subject, seq } of messagesOf(connection, filters, { ...how, config: { headers_only: true } })) {
    const place = placeOf(subject, seq);
    if (place) yield place;
  }
}

function placeOf(subject: string, position: number): StoredAt | undefined {
  try {
    return { ...parseSubject(subject), position };
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

interface Reading extends PlacesOptions {
  from?: number;
  config: { headers_only?: boolean };
}

async function* messagesOf(
  connection: Connection,
  filters: readonly string[],
  { from, signal, config, onFollowing = () => undefined }: Reading,
): AsyncGenerator<Delivered> {
  const identity = new LogIdentity(connection);
  let next = from;
  for (let failures = 0; !signal?.aborted; failures++) {
    const before = next;
    let consumer: OrderedConsumer | undefined;
    try {
      next ??= (await stateOf(connection)).last + 1;
      await identity.check(next);
      consumer = await OrderedConsumer.open(connection, tailNames(connection.name), {
        ...{ ...config, filter_subjects: [...filters], deliver_policy: 'by_start_sequence', opt_start_seq: next },
      });
      onFollowing(true);
      for await (const message of consumer.messages(signal)) {
        next = message.seq + 1;
        yield message;
        // What was fetched before is not handed over any more.
        if (signal?.aborted) return;
      }
    } catch (error) {
      const passes = error instanceof DeliveryBroken || isUnavailable(error);
      if (!passes || connection.nats.isClosed()) throw error;
      warnSparsely('tail', { err: error, next }, 'a tail broke off; it goes on', connection.machine.clock);
    } finally {
      onFollowing(false);
      await consumer?.close();
    }
    if (next !== before) failures = 0;
    await connection.pause(failures, { signal });
  }
}
