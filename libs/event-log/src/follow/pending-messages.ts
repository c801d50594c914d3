import type { Clock, Stop } from '@edgeflow/runtime';
import type { Connection } from '../connection/connection.js';
import type { Deliveries, Delivered } from '../connection/nats-client.js';
import { ACK_WAIT_MS } from './durable.js';

/** How messages are put together. */
interface Gathering {
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
export class PendingMessages {
  private readonly unsettled = new Set<Delivered>();
  private waiting: Delivered[] = [];
  /** Since when the first of them waits, by the steady clock. */
  private since = 0;
  private ended: { error?: unknown } | undefined;
  private wake: () => void = () => undefined;
  private readonly letGo: Stop;
  private readonly clock: Clock;

  constructor(
    private readonly messages: Deliveries,
    connection: Pick<Connection, 'up' | 'machine'>,
    private readonly gathering: Gathering,
  ) {
    this.clock = connection.machine.clock;
    this.letGo = this.clock.every(ACK_WAIT_MS / 3, () => {
      if (connection.up) for (const message of this.unsettled) message.working();
    });
    void this.pump();
  }

  /** What there is, once that is enough or has waited long enough. @throws what ended the delivery */
  async *batches(): AsyncGenerator<Delivered[]> {
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
  ack(batch: readonly Delivered[]): void {
    // One that comes again comes behind newer ones.
    const newest = batch.reduce((one, other) => (other.seq > one.seq ? other : one));
    newest.ack();
    for (const message of batch) this.unsettled.delete(message);
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
    const enough = new AbortController();
    this.wake = () => {
      if (this.isEnough()) enough.abort();
    };
    // Without time to wait: what came in the same read of the socket belongs to the batch.
    const left_ms = this.since + this.gathering.company_ms - this.clock.steady_ms();
    await this.clock.sleep(Math.max(0, left_ms), { signal: enough.signal });
  }

  private isEnough(): boolean {
    const { max, isAwaited } = this.gathering;
    const last = this.waiting.at(-1);
    return this.ended !== undefined || this.waiting.length >= max || (last !== undefined && isAwaited(last));
  }

  private async pump(): Promise<void> {
    try {
      for await (const message of this.messages) {
        this.unsettled.add(message);
        if (this.waiting.length === 0) this.since = this.clock.steady_ms();
        this.waiting.push(message);
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
