import type { JsMsg } from '@nats-io/jetstream';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { setAside } from '../aside.js';
import { backoff } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { Poison } from '../errors.js';
import { handlerRetries } from '../metrics.js';
import type { WorkHandler, WorkOptions } from '../types.js';
import { decode, type Received } from '../wire.js';

const MAX_DELIVER = 5;

/** One delivery of one event to a worker: acknowledged, put back, or set aside. */
export class WorkMessage {
  private readonly received: Received;

  constructor(
    private readonly connection: Connection,
    private readonly options: WorkOptions,
    private readonly message: JsMsg,
    private readonly signal: AbortSignal,
  ) {
    const { subject, headers, data, seq, timestamp } = message;
    this.received = { subject, headers, data, position: seq, stored_at: timestamp };
  }

  /** @throws AbortError when it should be set aside and the worker stops first; it comes again then */
  async handle(handler: WorkHandler): Promise<void> {
    const { subject, position } = this.received;
    const event = await this.readable();
    if (!event) return;
    const deliveries = this.message.info.deliveryCount;
    try {
      await handler(event, { subject, position, deliveries, inProgress: () => this.message.working() });
    } catch (error) {
      const hopeless = error instanceof Poison || deliveries >= (this.options.maxDeliver ?? MAX_DELIVER);
      return hopeless ? this.giveUp(error) : this.putBack(error, deliveries);
    }
    this.message.ack();
  }

  private async readable(): Promise<StoredEvent | undefined> {
    try {
      return decode(this.received);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.giveUp(error);
      return undefined;
    }
  }

  private putBack(error: unknown, deliveries: number): void {
    const { durable, backoffMs = backoff } = this.options;
    const { subject, position } = this.received;
    handlerRetries.inc({ durable });
    logger.warn({ err: error, durable, subject, position, deliveries }, 'an event was not handled; it comes again');
    this.message.nak(backoffMs(deliveries));
  }

  private async giveUp(error: unknown): Promise<void> {
    await setAside(this.connection, this.options.durable, this.received, error, this.signal);
    this.message.term('set aside');
  }
}
