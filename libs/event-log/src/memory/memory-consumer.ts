import type { ConsumerConfig, ConsumerInfo, StreamConfig } from '@nats-io/jetstream';
import type { Clock } from '@edgeflow/runtime';
import type { StoredMessage } from './stored-message.js';
import { takes, tokensOf } from './subject-index.js';

const NANOS_PER_MS = 1_000_000;
const ACK_WAIT_MS = 30_000;
const MAX_ACK_PENDING = 1_000;

/** What a consumer takes from its stream. */
export interface Source {
  readonly name: string;
  readonly created: string;
  readonly config: Pick<StreamConfig, 'retention'>;
  readonly last: number;
  readonly host: { readonly clock: Clock };
  at(position: number): StoredMessage | undefined;
  positions(filter: readonly string[], from: number): number[];
  lastOfEach(filters: readonly (readonly string[])[]): number[];
  remove(position: number): void;
  forget(consumer: MemoryConsumer): void;
}

/** What a delivery says beside the message. */
export interface DeliveryFacts {
  /** Counts the deliveries of the consumer. */
  deliverySequence: number;
  /** Messages behind it that were not delivered yet. */
  pending: number;
  /** Which attempt it is, from 1 on. */
  deliveryCount: number;
}

/** Somebody who waits for messages. */
export interface Pull {
  /** So many more. */
  left: number;
  /** False when nobody listens any more. */
  isOpen(): boolean;
  deliver(message: StoredMessage, facts: DeliveryFacts): void;
  /** The consumer was deleted. */
  gone(): void;
}

/** A pull consumer: what it delivers next, what was not acknowledged yet, and who waits. */
export class MemoryConsumer {
  private readonly filters: string[][];
  private delivered = 0;
  /** The newest position that was delivered. */
  private deliveredTo = 0;
  /** Positions to deliver before those from `cursor` on. */
  private first: number[] = [];
  private cursor = 1;
  private undelivered = 0;
  private readonly unacked = new Map<number, { due: number; count: number }>();
  private again: number[] = [];
  private pulls: Pull[] = [];
  private stopWaiting: (() => void) | undefined;
  private stopDying: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly config: Partial<ConsumerConfig>,
    private readonly stream: Source,
  ) {
    this.filters = (config.filter_subjects ?? ['>']).map(tokensOf);
    this.begin();
    this.liveOn();
  }

  info(): ConsumerInfo {
    const floor = this.unacked.size > 0 ? Math.min(...this.unacked.keys()) - 1 : this.deliveredTo;
    return {
      ...{ name: this.name, stream_name: this.stream.name, created: this.stream.created, config: this.config },
      delivered: { consumer_seq: this.delivered, stream_seq: this.deliveredTo },
      ack_floor: { consumer_seq: 0, stream_seq: floor },
      ...{ num_ack_pending: this.unacked.size, num_redelivered: 0, num_waiting: this.pulls.length },
      ...{ num_pending: this.undelivered, push_bound: false },
    } as unknown as ConsumerInfo;
  }

  /** Waits for messages. */
  pull(pull: Pull): void {
    this.pulls.push(pull);
    this.wake();
  }

  /** Delivers what it may. */
  wake(): void {
    while (this.mayDeliver()) {
      const [pull] = this.pulls;
      if (!pull) break;
      if (pull.left <= 0 || !pull.isOpen()) {
        this.pulls.shift();
        continue;
      }
      const message = this.next();
      if (!message) break;
      pull.left -= 1;
      pull.deliver(message, this.facts(message));
    }
  }

  ack(position: number): void {
    const was = this.unacked.delete(position);
    if (this.config.ack_policy === 'all') this.forgetUpTo(position);
    if (was && this.stream.config.retention === 'workqueue') this.stream.remove(position);
    this.wake();
  }

  private forgetUpTo(position: number): void {
    for (const before of this.unacked.keys()) if (before <= position) this.unacked.delete(before);
  }

  /** To be delivered again at once. */
  nak(position: number): void {
    if (!this.unacked.has(position) || this.again.includes(position)) return;
    this.again.push(position);
    this.wake();
  }

  /** Still at it. */
  working(position: number): void {
    const unacked = this.unacked.get(position);
    if (unacked) unacked.due = this.overdue();
  }

  /** Tells whoever waits that there is nothing to wait for. */
  end(): void {
    this.stopWaiting?.();
    this.stopDying?.();
    for (const pull of this.pulls.splice(0)) if (pull.isOpen()) pull.gone();
  }

  /** The server has stopped: whoever waited has to ask again. @param all also what was delivered and acknowledged since it was made */
  restart(all: boolean): void {
    this.pulls = [];
    if (all) this.begin();
  }

  added(message: StoredMessage): void {
    if (message.position >= this.cursor && this.wants(message)) this.undelivered += 1;
  }

  removed(message: StoredMessage): void {
    this.unacked.delete(message.position);
    const isAhead = message.position >= this.cursor ? this.wants(message) : this.first.includes(message.position);
    if (isAhead) this.undelivered -= 1;
  }

  /** The stream ends there now. */
  cutTo(last: number): void {
    this.cursor = Math.min(this.cursor, last + 1);
    this.deliveredTo = Math.min(this.deliveredTo, last);
  }

  private begin(): void {
    const { config, stream } = this;
    const isLast = config.deliver_policy === 'last_per_subject';
    this.first = isLast ? stream.lastOfEach(this.filters) : [];
    this.cursor = isLast ? stream.last + 1 : Math.max(1, config.opt_start_seq ?? 1);
    this.delivered = 0;
    this.deliveredTo = 0;
    this.unacked.clear();
    this.again = [];
    const later = this.filters.flatMap((filter) => stream.positions(filter, this.cursor));
    this.undelivered = this.first.length + new Set(later).size;
  }

  private wants({ tokens }: StoredMessage): boolean {
    return this.filters.some((filter) => takes(filter, tokens));
  }

  private mayDeliver(): boolean {
    if (this.pulls.length === 0) return false;
    return this.again.length > 0 || this.unacked.size < (this.config.max_ack_pending ?? MAX_ACK_PENDING);
  }

  private next(): StoredMessage | undefined {
    for (let position = this.again.shift(); position !== undefined; position = this.again.shift()) {
      const message = this.unacked.has(position) ? this.stream.at(position) : undefined;
      if (message) return message;
    }
    if (this.unacked.size >= (this.config.max_ack_pending ?? MAX_ACK_PENDING)) return undefined;
    for (let position = this.first.shift(); position !== undefined; position = this.first.shift()) {
      const message = this.stream.at(position);
      if (message) return this.taken(message);
    }
    while (this.cursor <= this.stream.last) {
      const message = this.stream.at(this.cursor);
      this.cursor += 1;
      if (message && this.wants(message)) return this.taken(message);
    }
    return undefined;
  }

  private taken(message: StoredMessage): StoredMessage {
    this.undelivered -= 1;
    this.deliveredTo = Math.max(this.deliveredTo, message.position);
    return message;
  }

  private facts({ position }: StoredMessage): DeliveryFacts {
    this.delivered += 1;
    const count = (this.unacked.get(position)?.count ?? 0) + 1;
    if (['explicit', 'all'].includes(this.config.ack_policy ?? '')) {
      this.unacked.set(position, { due: this.overdue(), count });
      this.stopWaiting ??= this.stream.host.clock.after(this.ackWait, () => this.look(), { ref: false });
    }
    return { deliverySequence: this.delivered, pending: this.undelivered, deliveryCount: count };
  }

  private get ackWait(): number {
    return this.config.ack_wait === undefined ? ACK_WAIT_MS : this.config.ack_wait / NANOS_PER_MS;
  }

  private overdue(): number {
    return this.stream.host.clock.steady_ms() + this.ackWait;
  }

  /** What was not acknowledged in time comes again. */
  private look(): void {
    this.stopWaiting = undefined;
    const now = this.stream.host.clock.steady_ms();
    const waiting = [...this.unacked].filter(([position]) => !this.again.includes(position));
    const late = waiting.filter(([, { due }]) => due <= now).map(([position]) => position);
    this.again.push(...late.sort((one, other) => one - other));
    // Nobody may be there to take it: it is looked at again when somebody has.
    const next = Math.min(...waiting.flatMap(([, { due }]) => (due > now ? [due] : [])));
    if (next !== Infinity)
      this.stopWaiting = this.stream.host.clock.after(Math.max(1, next - now), () => this.look(), { ref: false });
    this.wake();
  }

  /** Of one that goes when nobody pulls. */
  private liveOn(): void {
    const { inactive_threshold: ms = 0 } = this.config;
    if (ms <= 0) return;
    const { clock } = this.stream.host;
    const look = (): void => {
      if (this.pulls.some((pull) => pull.isOpen())) this.liveOn();
      else this.stream.forget(this);
    };
    this.stopDying = clock.after(ms / NANOS_PER_MS, look, { ref: false });
  }
}
