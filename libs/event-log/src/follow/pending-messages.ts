import type { Clock, Stop } from '@edgeflow/runtime';
import type { Connection } from '../connection/connection.js';
import type { Deliveries, Delivered } from '../connection/nats-client.js';
import { ACK_WAIT_MS } from './durable.js';

/**
 * What a consumer delivered and was not acknowledged yet. The server bounds it (`max_ack_pending`), so pulls go on while a handler
 * is busy. Meanwhile the messages are kept from being delivered again.
 */
export class PendingMessages {
  private readonly unsettled = new Set<Delivered>();
  private waiting: Delivered[] = [];
  private ended: { error?: unknown } | undefined;
  private wake: () => void = () => undefined;
  private readonly letGo: Stop;
  private readonly clock: Clock;

  constructor(
    private readonly messages: Deliveries,
    connection: Pick<Connection, 'up' | 'machine'>,
  ) {
    this.clock = connection.machine.clock;
    this.letGo = this.clock.every(ACK_WAIT_MS / 3, () => {
      if (connection.up) for (const message of this.unsettled) message.working();
    });
    void this.pump();
  }

  /** As many as are there, at most `max`, as soon as there is one. @throws what ended the delivery */
  async *batches(max: number): AsyncGenerator<Delivered[]> {
    for (;;) {
      if (this.ended) {
        if ('error' in this.ended) throw this.ended.error;
        return;
      }
      if (this.waiting.length === 0) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        // What came in the same read of the socket belongs to the batch.
        await this.clock.sleep(0);
        continue;
      }
      yield this.waiting.splice(0, max);
    }
  }

  /** The message is done with: it will not come again. */
  ack(message: Delivered): void {
    message.ack();
    this.unsettled.delete(message);
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

  private async pump(): Promise<void> {
    try {
      for await (const message of this.messages) {
        this.unsettled.add(message);
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
