import type { ConsumerConfig, StreamConfig, StreamState } from '@nats-io/jetstream';
import { MemoryConsumer, type Source } from './memory-consumer.js';
import type { Clock } from '@edgeflow/runtime';
import type { MemoryLogFaults } from './memory-log-faults.js';
import { header, keptFor, sizeOf, type Sent, type StoredMessage } from './stored-message.js';
import { SubjectIndex, takes, tokensOf } from './subject-index.js';

const NANOS_PER_MS = 1_000_000;
const DEFAULTS = {
  ...{ retention: 'limits', discard: 'old', storage: 'file', num_replicas: 1, max_age: 0 },
  ...{ max_msgs: -1, max_bytes: -1, max_msgs_per_subject: -1, max_msg_size: -1, max_consumers: -1 },
  ...{ duplicate_window: 120_000 * NANOS_PER_MS },
};

/** What a stream takes from the server that has it. */
export interface StreamHost {
  readonly clock: Clock;
  readonly faults: MemoryLogFaults;
  /** Something was stored. */
  stored(stream: MemoryStream, message: StoredMessage, before: number): void;
}

/** A stream of JetStream: what it holds, which ids it has seen, and its consumers. */
export class MemoryStream implements Source {
  config: StreamConfig;
  readonly created: string;
  readonly index = new SubjectIndex();
  readonly consumers = new Map<string, MemoryConsumer>();
  last = 0;
  /** When the newest message was stored, be it there or not any more. */
  private last_at = '0001-01-01T00:00:00Z';
  bytes = 0;
  private filters: string[][];
  private readonly messages = new Map<number, StoredMessage>();
  private readonly ids = new Map<string, { position: number; at: number }>();
  /** Which message goes when, the next one last. */
  private leaving: { at: number; position: number }[] = [];

  /** @param made how many the host has made with it */
  constructor(
    config: Partial<StreamConfig> & { name: string },
    readonly host: StreamHost,
    made: number,
  ) {
    this.config = { ...DEFAULTS, ...config } as StreamConfig;
    this.filters = (this.config.subjects ?? []).map(tokensOf);
    // Of two that are made in one millisecond the later one is another one, too.
    this.created = this.now.toISOString().replace('Z', `${String(made).padStart(6, '0')}Z`);
  }

  get name(): string {
    return this.config.name;
  }

  get count(): number {
    return this.messages.size;
  }

  get now(): Date {
    return this.host.clock.now();
  }

  update(config: Partial<StreamConfig>): void {
    this.config = { ...this.config, ...config };
    this.filters = this.config.subjects.map(tokensOf);
    if (config.max_age === undefined) return;
    this.leaving = [];
    for (const message of this.messages.values()) this.leave(message);
  }

  /** Whether a subject is one of its own. */
  owns(tokens: readonly string[]): boolean {
    return this.filters.some((filter) => takes(filter, tokens));
  }

  /** Where the message with an id stands, or stood, that came within the window; undefined for a new one. */
  seen(id: string): number | undefined {
    const seen = this.ids.get(id);
    if (seen && this.now.getTime() - seen.at <= this.config.duplicate_window / NANOS_PER_MS) return seen.position;
    this.ids.delete(id);
    return undefined;
  }

  /** What a new message on a subject takes the place of, in a stream that holds so many of each. */
  replacedBy(subject: string): StoredMessage | undefined {
    const { max_msgs_per_subject: most } = this.config;
    if (most <= 0) return undefined;
    const positions = this.index.positions(tokensOf(subject));
    return positions.length < most ? undefined : this.messages.get(positions[0] ?? 0);
  }

  /** Stores messages that may be stored, and hands them to whoever waits. @returns the position of the last one */
  store(messages: readonly Sent[]): number {
    for (const message of messages) this.add(message);
    for (const consumer of this.consumers.values()) consumer.wake();
    return this.last;
  }

  /** The message at a position. */
  at(position: number): StoredMessage | undefined {
    return this.messages.get(position);
  }

  /** The positions that a filter names, from one on, ascending. */
  positions(filter: readonly string[], from: number, upTo = Infinity): number[] {
    const all = this.index.matching(filter).flat();
    return all.filter((position) => position >= from && position <= upTo).sort((one, other) => one - other);
  }

  /** The positions of the newest messages of each subject that a filter names, ascending. */
  lastOfEach(filters: readonly (readonly string[])[], upTo = Infinity): number[] {
    const newest = filters.flatMap((filter) =>
      this.index.matching(filter).map((positions) => positions.findLast((position) => position <= upTo)),
    );
    return [...new Set(newest.filter((position) => position !== undefined))].sort((one, other) => one - other);
  }

  /** What it says of itself. */
  state(): StreamState {
    const [first] = this.messages.keys();
    return {
      ...{ messages: this.messages.size, bytes: this.bytes, first_seq: first ?? this.last + 1, last_seq: this.last },
      last_ts: this.last_at,
      consumer_count: this.consumers.size,
    } as StreamState;
  }

  /** Makes a consumer, or gives the one of that name; undefined when that is another one. */
  consumer(config: Partial<ConsumerConfig>): MemoryConsumer | undefined {
    const name = config.durable_name ?? '';
    const found = this.consumers.get(name);
    if (found) return JSON.stringify(found.config) === JSON.stringify(config) ? found : undefined;
    const consumer = new MemoryConsumer(name, config, this);
    this.consumers.set(name, consumer);
    return consumer;
  }

  /** A consumer is no more. */
  forget(consumer: MemoryConsumer): void {
    if (this.consumers.get(consumer.name) === consumer) this.consumers.delete(consumer.name);
    consumer.end();
  }

  /** Takes a message out. */
  remove(position: number): void {
    const message = this.messages.get(position);
    if (!message) return;
    this.messages.delete(position);
    this.index.remove(message.tokens, position);
    this.bytes -= message.size;
    for (const consumer of this.consumers.values()) consumer.removed(message);
  }

  /** Takes out what has outlived its lease or its age. To be called before anything is looked at. */
  sweep(): void {
    if (this.leaving.length === 0) return;
    const now = this.now.getTime();
    for (let next = this.leaving.at(-1); next && next.at <= now; next = this.leaving.at(-1)) {
      this.leaving.pop();
      this.remove(next.position);
    }
  }

  /** The server has come back without what stood behind a position: what comes takes those positions again. */
  loseBehind(position: number): void {
    for (const lost of [...this.messages.keys()].filter((one) => one > position)) this.remove(lost);
    for (const [id, seen] of this.ids) if (seen.position > position) this.ids.delete(id);
    this.leaving = this.leaving.filter((one) => one.position <= position);
    this.last = Math.min(this.last, position);
    this.last_at = this.messages.get(this.last)?.timestamp ?? this.last_at;
    for (const consumer of this.consumers.values()) consumer.cutTo(this.last);
  }

  private add(sent: Sent): void {
    const { max_bytes, discard } = this.config;
    const replaced = this.replacedBy(sent.subject);
    if (replaced) this.remove(replaced.position);
    const tokens = tokensOf(sent.subject);
    const before = this.index.positions(tokens).at(-1) ?? 0;
    const { now } = this;
    const at = now.getTime();
    const about = { position: (this.last += 1), at, timestamp: now.toISOString(), size: sizeOf(sent) };
    const message = { ...sent, tokens, ...about };
    this.messages.set(message.position, message);
    this.last_at = message.timestamp;
    this.index.add(tokens, message.position);
    this.bytes += message.size;
    const id = header(sent, 'Nats-Msg-Id');
    if (id !== '') this.ids.set(id, { position: message.position, at });
    this.leave(message);
    while (discard === 'old' && max_bytes > 0 && this.bytes > max_bytes)
      this.remove(this.messages.keys().next().value ?? 0);
    for (const consumer of this.consumers.values()) consumer.added(message);
    this.host.stored(this, message, before);
  }

  /** Notes when it is to go, if ever. */
  private leave(message: StoredMessage): void {
    const { max_age } = this.config;
    const kept_ms = Math.min(keptFor(message), max_age > 0 ? max_age / NANOS_PER_MS : Infinity);
    if (kept_ms === Infinity) return;
    const { position } = message;
    const at = message.at + kept_ms + this.host.faults.delay_ms('expiry', { node: '', what: this.name });
    let index = this.leaving.length;
    while (index > 0 && (this.leaving[index - 1]?.at ?? 0) < at) index -= 1;
    this.leaving.splice(index, 0, { at, position });
  }
}
