import type { StreamConfig } from '@nats-io/jetstream';
import type { MsgHdrs } from '@nats-io/nats-core';
import type { Clock } from '@edgeflow/runtime';
import { noFaults, type About, type MemoryLogFaults, type Refusal } from './memory-log-faults.js';
import { MemoryStream, type StreamHost } from './memory-stream.js';
import { Publishing, type PubAnswer } from './publishing.js';
import { republished, sentOf, type Sent, type StoredMessage } from './stored-message.js';
import { takes, tokensOf } from './subject-index.js';

/** A client's end of a connection, as the server has it. */
export interface Peer {
  readonly node: string;
  /** What it listens to. */
  readonly subscriptions: ReadonlySet<Listening>;
  /** The server has let go of the connection, or is gone. */
  cutOff(): void;
  /** Its process is gone. */
  die(): void;
  /** Something is on its way to it. */
  send(work: () => void, about: About): void;
  /** Nothing passes this way until it is released. */
  hold(way: Way): void;
  release(way: Way): void;
}

/** One subscription. */
export interface Listening {
  readonly filter: readonly string[];
  heard(message: { subject: string; headers: MsgHdrs | undefined; data: Uint8Array }): void;
}

/** A direction of a connection. */
export type Way = 'to-server' | 'to-client' | 'both';

/**
 * A NATS server with JetStream in this process's memory, for all nodes of a world: what it stores, refuses, delivers and forgets is what
 * nats-server 2.15 does, as far as this library uses it; conformance.fixture.ts holds the two together. Faults are its port's to say.
 */
export class MemoryLogServer implements StreamHost {
  readonly clock: Clock;
  readonly faults: MemoryLogFaults;
  private readonly streams = new Map<string, { stream: MemoryStream; publishing: Publishing }>();
  private readonly peers = new Set<Peer>();
  private readonly cuts = new Map<string, Set<Way>>();
  private isUp = true;
  private made = 0;
  /** How often it was killed: with it go all connections that clients had given up. */
  kills = 0;

  constructor({ clock, faults = noFaults }: { clock: Clock; faults?: MemoryLogFaults }) {
    this.clock = clock;
    this.faults = faults;
  }

  /** Whether it runs. */
  get up(): boolean {
    return this.isUp;
  }

  /** Ends it without warning: what is under way is lost, and so is whatever lives in its memory only. */
  kill(): void {
    this.isUp = false;
    this.kills += 1;
    for (const { stream, publishing } of this.streams.values()) {
      publishing.stop();
      for (const consumer of stream.consumers.values()) {
        if (consumer.config.mem_storage) stream.forget(consumer);
        else consumer.restart(this.faults.strikes('acks-forgotten', { node: '', what: consumer.name }));
      }
    }
    for (const peer of [...this.peers]) peer.cutOff();
  }

  /**
   * Starts it again.
   * @param ends where streams end now, by their names: what stood behind is lost, as after a block that a disk has spoilt
   */
  start(ends: Readonly<Record<string, number>> = {}): void {
    for (const [name, position] of Object.entries(ends)) this.stream(name)?.loseBehind(position);
    this.isUp = true;
  }

  /** Takes all streams away, as an empty disk does. */
  wipe(): void {
    this.streams.clear();
  }

  /** Cuts a node's connection off, as a proxy does; it comes back by itself. */
  disconnect(node: string): void {
    for (const peer of this.of(node)) peer.cutOff();
  }

  /** Lets nothing pass between a node and the server, as a broken wire does: what is sent waits until it is healed or given up. */
  cut(node: string, way: Way = 'both'): void {
    this.cuts.set(node, new Set([...(this.cuts.get(node) ?? []), way]));
    for (const peer of this.of(node)) peer.hold(way);
  }

  /** Ends a `cut`. */
  heal(node: string, way: Way = 'both'): void {
    if (way === 'both') this.cuts.delete(node);
    else this.cuts.get(node)?.delete(way);
    for (const peer of this.of(node)) peer.release(way);
  }

  /** A node's process has died: its connections end, and what lives of it in this process hears of nothing any more. */
  crash(node: string): void {
    for (const peer of this.of(node)) {
      this.peers.delete(peer);
      peer.die();
    }
  }

  /** How a stream stands, for whoever checks what must hold. */
  stream(name: string): MemoryStream | undefined {
    return this.streams.get(name)?.stream;
  }

  /** The names of the streams whose subjects overlap with a filter. */
  names(isNamed: (subject: readonly string[]) => boolean): string[] {
    return [...this.streams.values()]
      .filter(({ stream }) => stream.config.subjects.some((subject) => isNamed(tokensOf(subject))))
      .map(({ stream }) => stream.name);
  }

  /** @returns the stream; undefined when there is another one of that name */
  addStream(config: Partial<StreamConfig> & { name: string }): MemoryStream | undefined {
    const found = this.stream(config.name);
    if (found) return isSame(found.config, config) ? found : undefined;
    const stream = new MemoryStream(config, this, (this.made += 1));
    this.streams.set(config.name, { stream, publishing: new Publishing(stream) });
    return stream;
  }

  /** Whoever waits for its messages is told. */
  deleteStream(name: string): void {
    const stream = this.stream(name);
    this.streams.delete(name);
    for (const consumer of [...(stream?.consumers.values() ?? [])]) stream?.forget(consumer);
  }

  /** A client wants to connect. */
  admit(peer: Peer): void {
    if (this.peers.has(peer)) return;
    this.peers.add(peer);
    for (const way of this.cuts.get(peer.node) ?? []) peer.hold(way);
  }

  /** A client has gone. */
  dismiss(peer: Peer): void {
    this.peers.delete(peer);
  }

  /**
   * A message has arrived. Whoever listens hears it, whatever becomes of it.
   * @param answer is called with what the stream says, or that there is none that it is for
   */
  publish(sent: Sent, about: About, answer?: (said: PubAnswer | Refusal) => void): void {
    const tokens = tokensOf(sent.subject);
    this.tell(tokens, () => sent, 'hint-lost');
    const taken = [...this.streams.values()].find(({ stream }) => stream.owns(tokens));
    if (!taken) return answer?.('no-responders');
    if (this.faults.strikes('request-lost', about)) return;
    const refusal = this.faults.refuses(about);
    if (refusal === 'no-responders') return answer?.(refusal);
    if (refusal) return answer?.({ error: refusal });
    taken.publishing.take(sent, about, (said) => {
      if (answer && !this.faults.strikes('answer-lost', about)) answer(said);
    });
  }

  /** See `StreamHost`. */
  stored(stream: MemoryStream, message: StoredMessage, before: number): void {
    const { republish } = stream.config;
    if (!republish || !takes(tokensOf(republish.src ?? '>'), message.tokens)) return;
    const subject = transformed(republish.src ?? '>', republish.dest, message.tokens);
    const sent = (): Sent => sentOf(subject, republished(message, stream.name, before), message.data);
    this.tell(tokensOf(subject), sent, 'republish-lost');
  }

  private tell(tokens: readonly string[], sent: () => Sent, fault: 'hint-lost' | 'republish-lost'): void {
    let message: Sent | undefined;
    for (const peer of this.peers) {
      for (const listening of peer.subscriptions) {
        if (!takes(listening.filter, tokens)) continue;
        message ??= sent();
        const heard = message;
        const about = { node: peer.node, what: heard.subject };
        if (!this.faults.strikes(fault, about)) peer.send(() => listening.heard(heard), about);
      }
    }
  }

  private of(node: string): Peer[] {
    return [...this.peers].filter((peer) => peer.node === node);
  }
}

/** Settings that are not said are as they are. */
function isSame(found: StreamConfig, wanted: Partial<StreamConfig>): boolean {
  const actual = new Map<string, unknown>(Object.entries(found));
  return Object.entries(wanted).every(([key, value]) => JSON.stringify(actual.get(key)) === JSON.stringify(value));
}

/** The subject that a message is sent on with: `{{wildcard(1)}}` is what the first `*` of the source stands for, `>` the rest. */
function transformed(source: string, destination: string, tokens: readonly string[]): string {
  const pattern = tokensOf(source);
  const stars = pattern.flatMap((token, index) => (token === '*' ? [tokens[index] ?? ''] : []));
  const rest = tokens.slice(pattern.length - 1).join('.');
  return destination
    .replace(/\{\{wildcard\((\d+)\)\}\}/g, (_, number: string) => stars[Number(number) - 1] ?? '')
    .replace(/>$/, rest);
}
