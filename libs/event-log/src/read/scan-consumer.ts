import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerConfig, ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import { nanos, nuid } from '@nats-io/nats-core';
import { Refused } from '@edgeflow/contracts';
import { backoff } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { isTaken } from '../connection/consumer-api.js';
import { HEARTBEAT_MS, onSilence } from '../connection/silence.js';
import { STREAM, stateOf } from '../connection/stream.js';
import { SCANS, scanName } from '../rights/consumers.js';

/** How long one pull waits, in milliseconds; a consumer that went with its server is noticed after about so long. */
const PULL_MS = 5_000;
/** A consumer whose reader died makes room after so long. */
const INACTIVE_MS = 30_000;
/** Rounds over the names before the log counts as busy: some seconds. */
const ROUNDS = 7;

/** The delivery broke off in the middle: it is to go on behind what was seen. */
export class ScanBroken extends Error {
  override readonly name = 'ScanBroken';
}

/**
 * A consumer for one scan. It has one of a few fixed names of its user, since rights can name consumers only whole: nobody else can touch
 * it, and a stolen user cannot fill the server with consumers. Whoever finds a name taken, by another scan of the same user, takes the next.
 */
export class ScanConsumer {
  private constructor(
    private readonly connection: Connection,
    private readonly info: ConsumerInfo,
  ) {}

  /** @throws Refused `log-unavailable` when NATS is away, or all names of the user are taken for long */
  static async open(connection: Connection, config: Partial<ConsumerConfig>): Promise<ScanConsumer> {
    for (let round = 0; round < ROUNDS; round++) {
      for (let slot = 0; slot < SCANS; slot++) {
        const info = await create(connection, scanName(connection.name, slot), config);
        if (info) return new ScanConsumer(connection, info);
      }
      await sleep(backoff(round));
    }
    throw new Refused('log-unavailable', 'too many scans at once');
  }

  /** All that is stored now and matches, in order. @throws ScanBroken, Refused `log-unavailable` when the connection is closed */
  async *messages(): AsyncGenerator<JsMsg> {
    if (this.info.num_pending === 0) return;
    // Asked for after the consumer was made, so that all it had to deliver lies before; what comes meanwhile would never end.
    const { last } = await stateOf(this.connection);
    let delivered = 0;
    for await (const message of this.delivery()) {
      delivered += 1;
      // What was sent to a dead connection is not sent again.
      if (message.info.deliverySequence !== delivered) throw new ScanBroken();
      if (message.seq > last) return;
      yield message;
      if (message.info.pending === 0) return;
    }
  }

  async close(): Promise<void> {
    const { consumers } = this.connection.manager;
    if (this.connection.up) await consumers.delete(STREAM, this.info.name).catch(() => undefined);
  }

  /** @throws ScanBroken when it ends, Refused when the connection is closed: half a scan must not look whole */
  private async *delivery(): AsyncGenerator<JsMsg> {
    const consumer = this.connection.jetstream.consumers.getConsumerFromInfo(this.info);
    const messages = await consumer.consume({
      ...{ max_messages: 1_000, expires: PULL_MS, idle_heartbeat: HEARTBEAT_MS, abort_on_missing_resource: true },
    });
    const forget = this.connection.onReconnect(() => void messages.close());
    onSilence(messages, () => void messages.close());
    try {
      yield* messages;
    } catch (cause) {
      if (!this.connection.nats.isClosed()) throw new ScanBroken('the delivery of a scan broke off', { cause });
    } finally {
      forget();
      await messages.close();
    }
    if (this.connection.nats.isClosed()) throw new Refused('log-unavailable');
    throw new ScanBroken('the delivery of a scan ended');
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
    metadata: { edgeflow_scan: nuid.next() },
  };
  return connection.ask(() =>
    consumers.add(STREAM, whole).catch((error: unknown) => {
      if (!isTaken(error)) throw error;
      return undefined;
    }),
  );
}
