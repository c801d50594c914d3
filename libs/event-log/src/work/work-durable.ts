import type { Consumer, ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
import { isTaken, sameFilters, undefinedIfMissing } from '../connection/consumer-api.js';
import { STREAM } from '../connection/stream.js';
import type { WorkOptions } from '../types.js';

/** The durable that workers of one name share; what changed in the options is brought to the server. */
export async function openWorkDurable(connection: Connection, options: WorkOptions): Promise<Consumer> {
  const info = await connection.ask(() => ensure(connection, options));
  return connection.jetstream.consumers.getConsumerFromInfo(info);
}

async function ensure(connection: Connection, options: WorkOptions): Promise<ConsumerInfo> {
  const { consumers } = connection.manager;
  const { durable, filters, from = 1, concurrency = 16, ackWaitMs = 30_000 } = options;
  const found = await consumers.info(STREAM, durable).catch(undefinedIfMissing);
  const changeable: Partial<ConsumerConfig> = {
    filter_subjects: [...filters],
    max_ack_pending: concurrency,
    ack_wait: nanos(ackWaitMs),
  };
  if (!found) {
    const begin = { deliver_policy: 'by_start_sequence', opt_start_seq: from, ack_policy: 'explicit' } as const;
    return consumers.add(STREAM, { durable_name: durable, ...begin, ...changeable }).catch((error: unknown) => {
      if (isTaken(error)) return ensure(connection, options);
      throw error;
    });
  }
  const { max_ack_pending, ack_wait } = found.config;
  const same = max_ack_pending === concurrency && ack_wait === nanos(ackWaitMs) && sameFilters(found.config, filters);
  return same ? found : consumers.update(STREAM, durable, changeable);
}

/** The position from which on something may be open: not delivered yet, or not acknowledged; undefined when all is done. */
export async function firstOpen(connection: Connection, durable: string): Promise<number | undefined> {
  const info = await connection.ask(() => connection.manager.consumers.info(STREAM, durable));
  return info.num_pending + info.num_ack_pending === 0 ? undefined : info.ack_floor.stream_seq + 1;
}
