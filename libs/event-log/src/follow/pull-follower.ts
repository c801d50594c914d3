import { logger, warnSparsely } from '@edgeflow/telemetry';
import { BatchDelivery } from './batch-delivery.js';
import type { Connection } from '../connection/connection.js';
import type { PullConsumer } from '../connection/nats-client.js';
import { HEARTBEAT_MS, onSilence } from '../connection/silence.js';
import { Durable, type Beginning } from './durable.js';
import { waitingFor } from '../read/waiting.js';
import { Displaced, LogDiverged } from '../errors.js';
import { showLag } from '../metrics.js';
import type { Item } from './failure-isolation.js';
import { PendingMessages } from './pending-messages.js';
import type { BatchHandler, FollowOptions, Follower } from '../types.js';

/** How long a pull waits at the server, in milliseconds. */
const PULL_MS = 10_000;

/**
 * The delivery has a hole. A message that was sent to a dead connection or a dead process comes again only after its acknowledgement is
 * overdue; until then the server goes on with newer ones. Each delivery has a number, so holes show.
 */
class OutOfOrder extends Error {
  override readonly message = 'the delivery has a hole (gap)';
}

/** See `EventLog.follow`. */
export class PullFollower implements Follower {
  ended: Promise<Error | undefined> = Promise.resolve(undefined);
  private readonly stopping = new AbortController();
  private readonly durable: Durable;
  private readonly delivery: BatchDelivery;
  private pending: PendingMessages<Item> | undefined;
  /** The newest position that somebody waits for. */
  private awaited = 0;
  private hideLag: () => void = () => undefined;

  private constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions & { batch: number },
    handler: BatchHandler,
  ) {
    this.durable = new Durable(connection, options);
    this.delivery = new BatchDelivery(connection, options, handler);
  }

  get position(): number {
    return this.delivery.position;
  }

  /** Resolves when the durable is ready; the delivery goes on in the background. */
  static async start(connection: Connection, options: FollowOptions, handler: BatchHandler): Promise<PullFollower> {
    const follower = new PullFollower(connection, { batch: 500, ...options }, handler);
    const consumer = await follower.durable.open({ from: options.from, reason: 'start' });
    follower.hideLag = showLag(options.durable, follower);
    follower.ended = follower.run(consumer);
    return follower;
  }

  async lag(): Promise<number> {
    return (await waitingFor(this.connection, this.options.filters, this.position))?.events ?? 0;
  }

  hurry(position: number): void {
    if (position <= this.awaited) return;
    this.awaited = position;
    this.pending?.look();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.pending?.close();
    await this.ended;
    this.hideLag();
  }

  /** Delivers until it is stopped; whatever breaks a delivery begins another. */
  private async run(first: PullConsumer): Promise<Error | undefined> {
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
        await this.connection.pause(failures, { signal: this.stopping.signal });
      }
    }
    return undefined;
  }

  /** @throws what ended the delivery; it returns only when the follower is stopping */
  private async deliver(consumer: PullConsumer): Promise<void> {
    const { batch, company_ms = 0 } = this.options;
    const { epoch } = this.connection;
    // What was waited for before may be gone with the log's end.
    this.awaited = 0;
    const messages = await consumer.consume({
      max_messages: 2 * batch,
      expires: PULL_MS,
      idle_heartbeat: HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    const pending = new PendingMessages(messages, this.connection, {
      read: (message) => this.delivery.read(message),
      max: batch,
      company_ms,
      isAwaited: ({ seq }) => this.awaited > this.position && seq >= this.awaited,
    });
    this.pending = pending;
    onSilence(messages, () => pending.fail(new Error('the server has fallen silent')));
    let last = 0;
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, lost.signal]);
    // What came over it is not tried again either: the log may have come back without it.
    const forget = this.connection.onReconnect(() => {
      const error = new Error('the connection was away');
      lost.abort(error);
      pending.fail(error);
    });
    try {
      if (this.stopping.signal.aborted) return;
      if (this.connection.epoch !== epoch) throw new Error('the connection was lost while the delivery began');
      for await (const delivered of pending.batches()) {
        for (const { message } of delivered) if (message.info.deliverySequence !== (last += 1)) throw new OutOfOrder();
        await this.delivery.handle(delivered, { epoch, signal });
        pending.ack(delivered);
      }
      if (this.connection.up) await this.connection.nats.flush();
    } finally {
      forget();
      pending.close();
    }
  }

  private afterwards(error: unknown, beginning: Beginning | undefined): Beginning {
    const { durable } = this.options;
    const about = { err: error, durable, position: this.position };
    warnSparsely(durable, about, 'a delivery broke off; it begins again', this.connection.machine.clock);
    const from = this.position + 1;
    return error instanceof OutOfOrder ? { from, reason: 'gap' } : (beginning ?? { from, reason: 'lost' });
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
