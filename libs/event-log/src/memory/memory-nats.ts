import type { Status } from '@nats-io/nats-core';
import { Empty, errors, type MsgHdrs, type PublishOptions } from '@nats-io/nats-core';
import type { CoreMessage, Nats } from '../connection/nats-client.js';
import { Channel } from './channel.js';
import type { Clock } from '@edgeflow/runtime';
import type { About } from './memory-log-faults.js';
import type { Listening, MemoryLogServer, Peer, Way } from './memory-log-server.js';
import { LeftBehind } from './left-behind.js';
import { Pipe } from './pipe.js';
import { payloadOf, sentOf, type Sent } from './stored-message.js';
import { tokensOf } from './subject-index.js';

/** As the server says it; also the floor that this library asks for. */
const VERSION = '2.15.1';
/** A connection without a sign of life is given up after so long, in milliseconds: three pings of five seconds. */
const STALE_MS = 15_000;
/** What the server takes in one message, in bytes. */
const PAYLOAD_MAX = 2 ** 20;

const utf8 = new TextEncoder();

/** What is asked of the server and not answered yet. */
interface Asked {
  fail(error: Error): void;
}

/** What a delivery wants to know of its connection. */
export interface Watching {
  /** The connection is back: what the server knew of it is gone. */
  reconnected(): void;
  /** The server's messages do not arrive any more, though the connection stands. */
  silenced(): void;
  closed(): void;
}

/** A connection to the memory log's server: like the client of NATS it comes back by itself, for ever. */
export class MemoryNats implements Nats, Peer {
  readonly info = { version: VERSION };
  readonly subscriptions = new Set<Listening>();
  private readonly wanted = new Set<Listening>();
  private readonly listeners = new Set<Channel<Status>>();
  private readonly asked = new Set<Asked>();
  private readonly watching = new Set<Watching>();
  private readonly out: Pipe;
  private readonly back: Pipe;
  private readonly leftBehind: LeftBehind;
  private readonly ended: Promise<void>;
  private state: 'connecting' | 'open' | 'lost' | 'closed' = 'connecting';
  private late: (() => void)[] = [];
  private cuts = new Set<Way>();
  private giveUp: (() => void) | undefined;
  private retry: (() => void) | undefined;
  private onOpen: () => void = () => undefined;
  private onClosed: () => void = () => undefined;

  /** @param clock of the node @param maps what a subject that it publishes to is called in the log's account */
  constructor(
    readonly server: MemoryLogServer,
    readonly node: string,
    readonly clock: Clock,
    private readonly maps: (subject: string) => string = (subject) => subject,
  ) {
    this.out = new Pipe(clock);
    this.back = new Pipe(clock);
    this.leftBehind = new LeftBehind(server);
    this.ended = new Promise((resolve) => (this.onClosed = resolve));
  }

  /** Resolves when it is connected for the first time. */
  open(): Promise<void> {
    const opened = new Promise<void>((resolve) => (this.onOpen = resolve));
    this.tryAgain();
    return opened;
  }

  publish(subject: string, payload: Uint8Array | string = Empty, { headers }: PublishOptions = {}): void {
    if (this.isClosed()) throw new errors.ClosedConnectionError();
    const sent = this.message(subject, payload, headers);
    const about = this.about(sent.subject);
    this.toServer(about, () => this.server.publish(sent, about));
    this.leftBehind.publish(sent, about);
  }

  request(
    subject: string,
    payload: Uint8Array | string,
    { timeout, headers }: { timeout: number } & Pick<PublishOptions, 'headers'>,
  ): Promise<CoreMessage> {
    const sent = this.message(subject, payload, headers);
    const about = this.about(sent.subject);
    this.leftBehind.publish(sent, about);
    return this.ask<CoreMessage>(timeout, about, (answer, fail) =>
      this.server.publish(sent, about, (said) => {
        if (said === 'no-responders') return fail(noResponders(subject));
        const data = said === '' ? Empty : utf8.encode(JSON.stringify(said));
        answer({ subject: '', headers: undefined, data });
      }),
    );
  }

  subscribe(
    subject: string,
    { callback }: { callback: (error: Error | null, message: CoreMessage) => void },
  ): { unsubscribe(): void } {
    if (this.isClosed()) throw new errors.ClosedConnectionError();
    const heard = (message: CoreMessage): void => {
      if (this.wanted.has(listening)) callback(null, message);
    };
    const listening: Listening = { filter: tokensOf(subject), heard };
    this.wanted.add(listening);
    if (this.state === 'open') this.out.send(this.delay('to-server', subject), () => this.subscriptions.add(listening));
    const unsubscribe = (): void => {
      this.wanted.delete(listening);
      this.toServer(this.about(subject), () => this.subscriptions.delete(listening));
    };
    return { unsubscribe };
  }

  /** Asks the server for something. @param atServer what it does; it may answer later, or never */
  ask<T>(
    timeout_ms: number,
    about: About,
    atServer: (answer: (value: T) => void, fail: (error: Error) => void) => void,
  ): Promise<T> {
    if (this.isClosed()) return Promise.reject(new errors.ClosedConnectionError());
    return new Promise((resolve, reject) => {
      const settle = (how: () => void): void => {
        if (!this.asked.delete(asked)) return;
        stop();
        how();
      };
      const asked: Asked = { fail: (error) => settle(() => reject(error)) };
      this.asked.add(asked);
      const stop = this.clock.after(timeout_ms, () => asked.fail(new errors.TimeoutError()));
      const answer = (value: T): void => this.send(() => settle(() => resolve(value)), about);
      const fail = (error: Error): void => this.send(() => asked.fail(error), about);
      this.toServer(about, () => atServer(answer, fail));
    });
  }

  /** Has the server do something, if it gets there. What is sent while the connection is away is dropped, or sent later. */
  toServer(about: About, work: () => void): void {
    const delay = this.delay('to-server', about.what);
    if (this.state === 'open') this.out.send(delay, work);
    else if (this.state !== 'closed' && this.server.faults.strikes('sent-late', about)) this.late.push(work);
  }

  /** See `Peer`. */
  send(work: () => void, about: About): void {
    if (this.state === 'open') this.back.send(this.delay('to-client', about.what), work);
  }

  /** Whether the server can hear it now. */
  get isOpen(): boolean {
    return this.state === 'open';
  }

  about(what: string): About {
    return { node: this.node, what };
  }

  watch(watching: Watching): () => void {
    this.watching.add(watching);
    return () => this.watching.delete(watching);
  }

  /** See `Peer`. */
  cutOff(): void {
    if (this.state !== 'open') return;
    this.state = 'lost';
    this.leave();
    this.say({ type: 'disconnect', server: this.getServer() });
    this.later();
  }

  /** See `Peer`. */
  die(): void {
    this.state = 'closed';
    this.retry?.();
    this.giveUp?.();
    this.leave();
  }

  /** See `Peer`. */
  hold(way: Way): void {
    this.cuts.add(way);
    if (way !== 'to-client') this.out.hold();
    if (way !== 'to-server') this.back.hold();
    this.giveUp ??= this.clock.after(STALE_MS, () => this.cutOff(), { ref: false });
    for (const one of [...this.watching]) one.silenced();
  }

  /** See `Peer`. */
  release(way: Way): void {
    if (way === 'both') this.cuts.clear();
    else this.cuts.delete(way);
    const holds = (one: Way): boolean => this.cuts.has(one) || this.cuts.has('both');
    if (!holds('to-server')) this.out.release();
    if (!holds('to-client')) this.back.release();
    if (this.cuts.size > 0) return;
    this.giveUp?.();
    this.giveUp = undefined;
  }

  isClosed(): boolean {
    return this.state === 'closed';
  }

  closed(): Promise<void> {
    return this.ended;
  }

  getServer(): string {
    return 'memory';
  }

  status(): AsyncIterable<Status> {
    const channel = new Channel<Status>();
    this.listeners.add(channel);
    return channel;
  }

  async flush(): Promise<void> {
    await this.ask<undefined>(STALE_MS, this.about('PING'), (answer) => answer(undefined));
  }

  async drain(): Promise<void> {
    for (const listening of [...this.wanted]) this.wanted.delete(listening);
    await this.flush();
    await this.close();
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return;
    this.die();
    this.server.dismiss(this);
    for (const asked of [...this.asked]) asked.fail(new errors.ClosedConnectionError());
    for (const one of [...this.watching]) one.closed();
    this.say({ type: 'close' });
    for (const channel of this.listeners) channel.end();
    this.onClosed();
  }

  private message(subject: string, payload: Uint8Array | string, headers: MsgHdrs | undefined): Sent {
    const data = typeof payload === 'string' ? utf8.encode(payload) : payload;
    const sent = sentOf(this.maps(subject), headers, data);
    if (payloadOf(sent) > PAYLOAD_MAX) throw new errors.InvalidArgumentError("'payload' max_payload size exceeded");
    return sent;
  }

  private delay(step: 'to-server' | 'to-client' | 'reconnect', what: string): number {
    return this.server.faults.delay_ms(step, this.about(what));
  }

  /** What is under way is lost, and the server forgets what it listens to. */
  private leave(): void {
    this.out.clear();
    this.back.clear();
    this.subscriptions.clear();
  }

  private later(): void {
    this.retry = this.clock.after(this.delay('reconnect', ''), () => this.tryAgain());
  }

  private tryAgain(): void {
    if (this.state === 'closed') return;
    this.server.admit(this);
    if (!this.server.up || this.cuts.size > 0) return this.later();
    const wasLost = this.state === 'lost';
    this.state = 'open';
    for (const listening of this.wanted) this.subscriptions.add(listening);
    for (const work of this.late.splice(0)) this.out.send(0, work);
    this.onOpen();
    if (!wasLost) return;
    this.say({ type: 'reconnect', server: this.getServer() });
    for (const one of [...this.watching]) one.reconnected();
  }

  private say(status: Status): void {
    for (const channel of this.listeners) channel.push(status);
  }
}

/** What the client says when nobody takes a request. */
export function noResponders(subject: string): Error {
  const cause = new errors.NoRespondersError(subject);
  return new errors.RequestError(cause.message, { cause });
}
