import type { JsMsg } from '@nats-io/jetstream';
import { isUnread, type StoredEvent } from '@edgeflow/contracts';
import { warnSparsely } from '@edgeflow/telemetry';
import { asideFor, setAside, type Aside } from '../aside.js';
import { backoff, isOutage, isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { Poison } from '../errors.js';
import { handlerRetries } from '../metrics.js';
import type { Faults } from './faults.js';
import type { WorkHandler, WorkOptions } from '../types.js';
import { decode, delivered, type Received } from '../wire.js';

const MAX_DELIVER = 5;

/** One delivery of one event to a worker: acknowledged, put back, or set aside. */
export class WorkMessage {
  private readonly received: Received;

  constructor(
    private readonly connection: Connection,
    private readonly options: WorkOptions,
    private readonly message: JsMsg,
    private readonly faults: Faults,
    private readonly signal: AbortSignal,
  ) {
    this.received = delivered(message);
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
      return this.isHopeless(error) ? this.giveUp(asideFor(error)) : this.putBack(error, deliveries);
    }
    this.faults.forget(position);
    this.message.ack();
  }

  private async readable(): Promise<StoredEvent | undefined> {
    const event = decode(this.received, this.options.durable);
    if (!isUnread(event)) return event;
    if (event.unread.why === 'set-aside') await this.giveUp(event.unread);
    else this.message.ack();
    return undefined;
  }

  /** What passes by itself, however long it takes, is not held against the event. */
  private isHopeless(error: unknown): boolean {
    if (error instanceof Poison) return true;
    const { isTransient = isOutage, maxDeliver = MAX_DELIVER } = this.options;
    if (isTransient(error) || isUnavailable(error)) return false;
    return this.faults.add(this.received.position) >= maxDeliver;
  }

  private putBack(error: unknown, deliveries: number): void {
    const { durable, backoffMs = backoff } = this.options;
    const { subject, position } = this.received;
    handlerRetries.inc({ durable });
    const about = { err: error, durable, subject, position, deliveries };
    warnSparsely(durable, about, 'an event was not handled; it comes again');
    // In whole nanoseconds, or the server takes it for no delay at all.
    this.message.nak(Math.ceil(backoffMs(deliveries)));
  }

  private async giveUp(aside: Aside): Promise<void> {
    await setAside(this.connection, this.options.durable, this.received, aside, this.signal);
    this.faults.forget(this.received.position);
    this.message.term('set aside');
  }
}
