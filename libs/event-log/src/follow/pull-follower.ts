import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '@nats-io/jetstream';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import { backoff } from '../connection/availability.js';
import { BatchWork } from './batch-work.js';
import type { Connection } from '../connection/connection.js';
import { HEARTBEAT_MS, onSilence } from '../connection/silence.js';
import { DeliveryOrder, OutOfOrder } from './delivery-order.js';
import { ACK_WAIT_MS, Durable, PIN_GROUP, type Beginning } from './durable.js';
import { waitingFor } from '../read/waiting.js';
import { Displaced, LogDiverged } from '../errors.js';
import { showLag } from '../metrics.js';
import { Inlet } from './inlet.js';
import type { BatchHandler, FollowOptions, Follower } from '../types.js';

/** How long a pull waits at the server, in milliseconds. A pinned one is shorter than the pin's time-out, which it renews. */
const PULL_MS = { alone: 10_000, pinned: 2_000 };

/** See `EventLog.follow`. */
export class PullFollower implements Follower {
  ended: Promise<Error | undefined> = Promise.resolve(undefined);
  private readonly stopping = new AbortController();
  private readonly durable: Durable;
  private readonly work: BatchWork;
  private inlet: Inlet | undefined;
  private hideLag: () => void = () => undefined;

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
    handler: BatchHandler,
  ) {
    this.durable = new Durable(connection, options);
    this.work = new BatchWork(connection, options, handler, this.stopping.signal);
  }

  get position(): number {
    return this.work.position;
  }

  /** Resolves when the durable is ready; the delivery goes on in the background. */
  async start(): Promise<void> {
    const consumer = await this.durable.open({ from: this.options.from, reason: 'start' });
    this.hideLag = showLag(this.options.durable, this);
    this.ended = this.run(consumer);
  }

  async lag(): Promise<number> {
    return (await waitingFor(this.connection, this.options.filters, this.position))?.events ?? 0;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.inlet?.close();
    await this.ended;
    this.hideLag();
  }

  /** Delivers until it is stopped; whatever breaks a delivery begins another. */
  private async run(first: Consumer): Promise<Error | undefined> {
    let consumer = first;
    let beginning: Beginning | undefined;
    for (let failures = 0; !this.stopping.signal.aborted; failures++) {
      const before = this.position;
      try {
        if (beginning) consumer = await this.durable.open(beginning);
        beginning = undefined;
        await this.deliver(consumer);
      } catch (error) {
        if (this.stopping.signal.aborted) break;
        if (this.isFinal(error)) return this.giveUp(error);
        if (this.position > before) failures = 0;
        beginning = this.afterwards(error, beginning);
        await sleep(backoff(failures), undefined, { signal: this.stopping.signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  /** @throws what ended the delivery; it returns only when the follower is stopping */
  private async deliver(consumer: Consumer): Promise<void> {
    const { batch = 500, pinned } = this.options;
    const messages = await consumer.consume({
      max_messages: 2 * batch,
      expires: pinned ? PULL_MS.pinned : PULL_MS.alone,
      ...(!pinned && { idle_heartbeat: HEARTBEAT_MS }),
      abort_on_missing_resource: true,
      ...(pinned && { group: PIN_GROUP }),
    });
    const inlet = new Inlet(messages, ACK_WAIT_MS, () => this.connection.up);
    this.inlet = inlet;
    onSilence(messages, () => inlet.fail(new Error('the server has fallen silent')));
    const order = new DeliveryOrder(this.durable);
    const forget = this.connection.onReconnect(() => inlet.fail(new Error('the connection was away')));
    try {
      if (this.stopping.signal.aborted) return;
      for await (const delivered of inlet.batches(batch)) {
        await order.check(delivered);
        await this.work.handle(delivered);
        for (const message of delivered) inlet.ack(message);
      }
      if (this.connection.up) await this.connection.nats.flush();
    } finally {
      forget();
      inlet.close();
    }
  }

  private afterwards(error: unknown, beginning: Beginning | undefined): Beginning {
    const { durable } = this.options;
    warnSparsely(durable, { err: error, durable, position: this.position }, 'a delivery broke off; it begins again');
    if (error instanceof OutOfOrder) return { from: error.from ?? this.position + 1, reason: error.reason };
    return beginning ?? { from: this.position + 1, reason: 'lost' };
  }

  private isFinal(error: unknown): error is Error {
    return error instanceof Displaced || error instanceof LogDiverged || this.connection.nats.isClosed();
  }

  private giveUp(error: Error): Error {
    const { durable } = this.options;
    logger.error({ err: error, durable, position: this.position }, 'a follower gave up');
    return error;
  }
}
