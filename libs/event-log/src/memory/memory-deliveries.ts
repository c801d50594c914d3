import { errors } from '@nats-io/nats-core';
import { JetStreamApiError } from '@nats-io/jetstream';
import type { ConsumerInfo } from '@nats-io/jetstream';
import type { Deliveries, Delivered, Manager, Pull as Options } from '../connection/nats-client.js';
import { Channel } from './channel.js';
import { deliveryError } from './memory-api.js';
import type { DeliveryFacts, MemoryConsumer, Pull } from './memory-consumer.js';
import type { MemoryNats, Watching } from './memory-nats.js';
import type { StoredMessage } from './stored-message.js';

/** So much of what is asked for may be under way before more is asked for, as the client has it. */
const THRESHOLD = 0.75;
/** So many signs of life may be missing. */
const HEARTBEATS_MISSED = 2;

interface How extends Options {
  /** True for one that asks again and again. */
  isEndless: boolean;
  /** True for one that ends with its consumer. */
  isBound: boolean;
}

/** What a consumer delivers to a client: pulls, and what comes. */
export class MemoryDeliveries implements Deliveries, Watching {
  private readonly messages = new Channel<Delivered>();
  private readonly statuses = new Channel<{ type: string }>();
  /** Asked for and not delivered yet. */
  private wanted = 0;
  private received = 0;
  private isOver = false;
  /** A pull is good as long as nothing has come between that makes the server forget it. */
  private asking: object = {};
  private stopTimer: () => void = () => undefined;
  private readonly forget: () => void;

  constructor(
    private readonly nats: MemoryNats,
    private readonly manager: Manager,
    private readonly info: Pick<ConsumerInfo, 'stream_name' | 'name'>,
    private readonly how: How,
  ) {
    this.forget = nats.watch(this);
    if (!how.isEndless) this.stopTimer = nats.clock.after(how.expires, () => this.end(), { ref: false });
    this.pull();
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivered> {
    return this.messages[Symbol.asyncIterator]();
  }

  status(): AsyncIterable<{ type: string }> {
    return this.statuses;
  }

  async close(): Promise<void> {
    this.end();
  }

  closed(): void {
    this.end();
  }

  reconnected(): void {
    void this.askAgain();
  }

  /** When nothing has come by then, the signs of life were missed as well. */
  silenced(): void {
    const { received } = this;
    const ms = HEARTBEATS_MISSED * (this.how.idle_heartbeat ?? this.how.expires / 2);
    this.nats.clock.after(ms, () => this.missed(received), { ref: false });
  }

  private missed(received: number): void {
    if (this.isOver || this.received > received || !this.nats.isOpen) return;
    this.statuses.push({ type: 'heartbeats_missed' });
    if (!this.how.isEndless) return this.end(deliveryError('heartbeats missed'));
    void this.askAgain();
  }

  /** Looks whether the consumer is still there, and pulls anew. */
  private async askAgain(): Promise<void> {
    try {
      await this.manager.consumers.info(this.info.stream_name, this.info.name);
      if (this.isOver) return;
      this.wanted = 0;
      this.asking = {};
      this.pull();
    } catch (error) {
      const isMissing = error instanceof JetStreamApiError && error.status === 404;
      if (isMissing && (!this.how.isEndless || this.how.isBound)) return this.end(error);
      if (error instanceof errors.ClosedConnectionError || this.isOver) return;
      this.nats.clock.after(this.how.expires, () => void (this.isOver || this.askAgain()), { ref: false });
    }
  }

  private pull(): void {
    const { stream_name, name } = this.info;
    const count = this.how.max_messages - this.wanted;
    const { asking, how } = this;
    const about = this.nats.about(`pull ${stream_name} ${name}`);
    this.wanted += count;
    const expires = this.nats.clock.steady_ms() + how.expires;
    const { server } = this.nats;
    this.nats.toServer(about, () => {
      const consumer = server.stream(stream_name)?.consumers.get(name);
      if (server.faults.strikes('request-lost', about)) return this.silenced();
      // Who asks for what is not there is told so by silence (2.15.1).
      if (!consumer) return this.silenced();
      server.stream(stream_name)?.sweep();
      // A client that hears and is heard asks again before a pull runs out.
      const isOpen = (): boolean =>
        !this.isOver && this.asking === asking && (this.nats.isOpen || server.clock.steady_ms() < expires);
      const pull: Pull = {
        ...{ left: count, isOpen },
        deliver: (message, facts) => this.deliver(message, facts),
        gone: () => this.nats.send(() => this.gone(), about),
      };
      consumer.pull(pull);
    });
  }

  private deliver(message: StoredMessage, facts: DeliveryFacts): void {
    const about = this.nats.about(message.subject);
    if (this.nats.server.faults.strikes('delivery-lost', about)) return;
    this.nats.send(() => this.take(message, facts), about);
  }

  private take(message: StoredMessage, facts: DeliveryFacts): void {
    if (this.isOver) return;
    this.received += 1;
    this.wanted -= 1;
    this.messages.push(new MemoryDelivery(this.nats, this.info, message, facts));
    const { isEndless, max_messages } = this.how;
    if (!isEndless && this.received >= max_messages) this.end();
    else if (isEndless && this.wanted <= THRESHOLD * max_messages) this.pull();
  }

  private gone(): void {
    this.statuses.push({ type: 'consumer_deleted' });
    if (!this.how.isEndless || this.how.isBound) this.end(deliveryError('consumer deleted', 409));
  }

  private end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopTimer();
    this.forget();
    this.messages.end(error);
    this.statuses.end();
  }
}

/** A message that was delivered, and what the client says of it. */
class MemoryDelivery implements Delivered {
  readonly subject: string;
  readonly headers: StoredMessage['headers'];
  readonly data: Uint8Array;
  readonly seq: number;
  private isSettled = false;

  constructor(
    private readonly nats: MemoryNats,
    private readonly of: Pick<ConsumerInfo, 'stream_name' | 'name'>,
    private readonly message: StoredMessage,
    readonly info: DeliveryFacts,
  ) {
    const { subject, headers, data, position } = message;
    this.subject = subject;
    this.headers = headers;
    this.data = data;
    this.seq = position;
  }

  get timestamp(): string {
    return this.message.timestamp;
  }

  ack(): void {
    this.settle((consumer) => consumer.ack(this.seq));
  }

  nak(): void {
    this.settle((consumer) => consumer.nak(this.seq));
  }

  working(): void {
    if (!this.isSettled) this.tell((consumer) => consumer.working(this.seq));
  }

  private settle(work: (consumer: MemoryConsumer) => void): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.tell(work);
  }

  /** By name: a consumer that was made anew in the meantime takes it for its own. */
  private tell(work: (consumer: MemoryConsumer) => void): void {
    const { stream_name, name } = this.of;
    const { server } = this.nats;
    const about = this.nats.about(`ack ${stream_name} ${name}`);
    this.nats.toServer(about, () => {
      const consumer = server.stream(stream_name)?.consumers.get(name);
      if (consumer && !server.faults.strikes('ack-lost', about)) work(consumer);
    });
  }
}
