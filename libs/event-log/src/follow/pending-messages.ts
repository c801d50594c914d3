import type { Clock, Stop } from '@edgeflow/runtime';
import type { Connection } from '../connection/connection.js';
import type { Deliveries, Delivered } from '../connection/nats-client.js';
import { ACK_WAIT_MS } from './durable.js';

/** How often it is looked for messages that are not acknowledged in time, in milliseconds: twice at least before the server counts one as lost. */
const LOOK_MS = ACK_WAIT_MS / 3;

/** A message and what was read of it, while another batch was in the handler's hands and waited for its database. */
export interface ReadAhead<T> {
  message: Delivered;
  read: T;
}

/** How messages are put together. */
interface Gathering<T> {
  /** Reads a message as soon as it has come. */
  read: (message: Delivered) => T;
  /** As many as are handed over at a time. */
  max: number;
  /** How long one waits for others, in milliseconds. */
  company_ms: number;
  /** True for what somebody waits for. */
  isAwaited: (message: Delivered) => boolean;
}

/**
 * What a consumer delivered and was not acknowledged yet. The server bounds it (`max_ack_pending`), so pulls go on while a handler
 * is busy. Meanwhile the messages are kept from being delivered again.
 */
export class PendingMessages<T> {
  /** When each came, by the steady clock. */
  private readonly unsettled = new Map<Delivered, number>();
  private waiting: ReadAhead<T>[] = [];
  /** Since when the first of them waits, by the steady clock. */
  private since = 0;
  private ended: { error?: unknown } | undefined;
  private wake: () => void = () => undefined;
  private readonly letGo: Stop;
  private readonly clock: Clock;

  constructor(
    private readonly messages: Deliveries,
    connection: Pick<Connection, 'up' | 'machine'>,
    private readonly gathering: Gathering<T>,
  ) {
    this.clock = connection.machine.clock;
    this.letGo = this.clock.every(LOOK_MS, () => {
      if (connection.up) this.keep();
    });
    void this.pump();
  }

  /** What there is, once that is enough or has waited long enough. @throws what ended the delivery */
  async *batches(): AsyncGenerator<ReadAhead<T>[]> {
    for (;;) {
      while (this.waiting.length === 0 && !this.ended) await new Promise<void>((resolve) => (this.wake = resolve));
      await this.gather();
      if (this.ended) {
        if ('error' in this.ended) throw this.ended.error;
        return;
      }
      yield this.waiting.splice(0, this.gathering.max);
    }
  }

  /** Somebody waits for another message from now on. */
  look(): void {
    this.wake();
  }

  /** The messages of a batch are done with, and those before: none will come again. */
  ack(batch: readonly ReadAhead<T>[]): void {
    // One that comes again comes behind newer ones.
    const newest = batch.reduce((one, other) => (other.message.seq > one.message.seq ? other : one));
    newest.message.ack();
    for (const { message } of batch) this.unsettled.delete(message);
  }

  /** Ends the delivery with an error, after the batch that is out. */
  fail(error: Error): void {
    this.end({ error });
  }

  /** Ends the delivery. What was not handed out yet is dropped, and comes again to whoever follows next. */
  close(): void {
    this.letGo();
    this.end({});
    void this.messages.close();
  }

  /** Until there are enough, the first has waited long enough, or the delivery has ended. */
  private async gather(): Promise<void> {
    if (this.isEnough()) return;
    const left_ms = this.since + this.gathering.company_ms - this.clock.steady_ms();
    // What came in the same read of the socket belongs to the batch.
    if (left_ms <= 0) return this.clock.sleep(0);
    const { promise, resolve } = Promise.withResolvers<void>();
    const callOff = this.clock.after(left_ms, resolve);
    this.wake = () => {
      if (this.isEnough()) resolve();
    };
    await promise;
    callOff();
  }

  private isEnough(): boolean {
    const { max, isAwaited } = this.gathering;
    const last = this.waiting.at(-1);
    return this.ended !== undefined || this.waiting.length >= max || (last !== undefined && isAwaited(last.message));
  }

  /** Those that came long ago: of all others, which are thousands while a handler catches up, it is said once they have stayed so long. */
  private keep(): void {
    const long_ago = this.clock.steady_ms() - LOOK_MS;
    for (const [message, since] of this.unsettled) if (since <= long_ago) message.working();
  }

  private async pump(): Promise<void> {
    try {
      for await (const message of this.messages) {
        const now = this.clock.steady_ms();
        this.unsettled.set(message, now);
        if (this.waiting.length === 0) this.since = now;
        this.waiting.push({ message, read: this.gathering.read(message) });
        this.wake();
      }
      this.end({ error: new Error('the delivery ended') });
    } catch (error) {
      this.end({ error });
    }
  }

  private end(how: { error?: unknown }): void {
    this.ended ??= how;
    this.wake();
  }
}
