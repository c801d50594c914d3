import type { ConsumerConfig, ConsumerInfo } from '@nats-io/jetstream';
import { nanos, nuid } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { isTaken } from '../connection/consumer-api.js';
import type { Deliveries, Delivered } from '../connection/nats-client.js';
import { HEARTBEAT_MS } from '../connection/silence.js';
import { STREAM } from '../connection/stream.js';

/** Messages asked for at a time: so many lie here at most, however slow the reader is. */
const AT_A_TIME = 500;
/** How long one pull waits, in milliseconds; a consumer that went with its server is noticed after about so long. */
const PULL_MS = 5_000;
/** A consumer whose reader died makes room after so long; one that comes later for more finds it gone, and another is made. */
const INACTIVE_MS = 30_000;
/** Rounds over the names before the log counts as busy: some seconds. */
const ROUNDS = 7;

/** The delivery broke off in the middle: it is to go on behind what was seen. */
export class DeliveryBroken extends Error {
  override readonly name = 'DeliveryBroken';
}

/**
 * A consumer for one reading of the log in its order. It has one of a few fixed names of its user, since rights can name consumers only
 * whole: nobody else can touch it, and a stolen user cannot fill the server with consumers. Whoever finds a name taken, by another
 * reading of the same user, takes the next.
 */
export class OrderedConsumer {
  private delivered = 0;

  private constructor(
    private readonly connection: Connection,
    private readonly info: ConsumerInfo,
  ) {}

  /** @throws Refused `log-unavailable` when NATS is away, or all names are taken for long */
  static async open(
    connection: Connection,
    names: readonly string[],
    config: Partial<ConsumerConfig>,
  ): Promise<OrderedConsumer> {
    for (let round = 0; round < ROUNDS; round++) {
      for (const name of names) {
        const info = await create(connection, name, config);
        if (info) return new OrderedConsumer(connection, info);
      }
      await connection.pause(round);
    }
    throw new Refused('log-unavailable', 'too many readers at once');
  }

  /** Messages that matched when it was made. */
  get pending(): number {
    return this.info.num_pending;
  }

  /** What is stored, and then what comes, in order and without a hole. @throws DeliveryBroken, Refused `log-unavailable` when the connection is closed */
  async *messages(signal?: AbortSignal): AsyncGenerator<Delivered> {
    for await (const message of this.delivery(signal)) {
      this.delivered += 1;
      // What was sent to a dead connection is not sent again.
      if (message.info.deliverySequence !== this.delivered) throw new DeliveryBroken();
      yield message;
    }
  }

  async close(): Promise<void> {
    const { consumers } = this.connection.manager;
    if (this.connection.up) await consumers.delete(STREAM, this.info.name).catch(() => undefined);
  }

  /** What got lost on its way, as between the servers of a cluster, shows by what comes next: unless it was the last. @throws DeliveryBroken */
  private async checkSent(): Promise<void> {
    const { delivered } = await this.connection.manager.consumers.info(STREAM, this.info.name);
    if (delivered.consumer_seq > this.delivered) throw new DeliveryBroken('what was sent did not come');
  }

  /**
   * Batch after batch, each asked for when the one before is used up: the client's endless delivery would fetch on whether or not anybody
   * takes what is there (@nats-io/jetstream 3.4.0).
   */
  private async *delivery(signal?: AbortSignal): AsyncGenerator<Delivered> {
    const consumer = this.connection.jetstream.consumers.getConsumerFromInfo(this.info);
    const ended = new AbortController();
    let batch: Deliveries | undefined;
    const end = (): void => {
      ended.abort();
      void batch?.close();
    };
    const forget = this.connection.onReconnect(end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      while (!ended.signal.aborted && !signal?.aborted && !this.connection.nats.isClosed()) {
        batch = await consumer.fetch({ max_messages: AT_A_TIME, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS });
        const before = this.delivered;
        if (!ended.signal.aborted) yield* batch;
        if (!ended.signal.aborted && this.delivered === before) await this.checkSent();
      }
    } catch (cause) {
      if (!this.connection.nats.isClosed()) throw new DeliveryBroken('a delivery broke off', { cause });
    } finally {
      forget();
      signal?.removeEventListener('abort', end);
      await batch?.close();
    }
    if (signal?.aborted) return;
    if (this.connection.nats.isClosed()) throw new Refused('log-unavailable');
    throw new DeliveryBroken('a delivery ended');
  }
}

/** Undefined when somebody else has the name. */
function create(
  connection: Connection,
  name: string,
  config: Partial<ConsumerConfig>,
): Promise<ConsumerInfo | undefined> {
  const { consumers } = connection.manager;
  const whole: Partial<ConsumerConfig> = {
    ...config,
    // Durable by name only: it lives in memory and goes when nobody pulls.
    durable_name: name,
    ack_policy: 'none',
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(INACTIVE_MS),
    // Two that are the same would be one, of which each gets a part.
    metadata: { edgeflow_reader: nuid.next() },
  };
  return connection.ask(() =>
    consumers.add(STREAM, whole).catch((error: unknown) => {
      if (!isTaken(error)) throw error;
      return undefined;
    }),
  );
}
