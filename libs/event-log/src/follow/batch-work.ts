import type { JsMsg } from '@nats-io/jetstream';
import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { setAside } from '../aside.js';
import type { Connection } from '../connection/connection.js';
import { HandingOver } from './handing-over.js';
import { followerLag } from '../metrics.js';
import type { FollowOptions } from '../types.js';
import { decode, type Received } from '../wire.js';

/** Takes the messages of a durable, in order, to the handler of a follower. */
export class BatchWork {
  /** Position of the last event that was handled or set aside. */
  position: number;
  private readonly handing: HandingOver;
  private originals = new Map<number, Received>();

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
    handler: (batch: readonly StoredEvent[]) => Promise<void>,
    private readonly signal: AbortSignal,
  ) {
    this.position = options.from - 1;
    this.handing = new HandingOver({
      durable: options.durable,
      handler,
      isTransient: options.isTransient ?? (() => false),
      signal,
      setAside: ({ position }, error) => this.keep(this.originals.get(position), error),
    });
  }

  /** Resolves when all may be acknowledged. @throws AbortError when the follower is stopping and they were not handled */
  async handle(messages: readonly JsMsg[]): Promise<void> {
    const fresh = this.unseen(messages).map(received);
    this.originals = new Map(fresh.map((message) => [message.position, message]));
    const events: StoredEvent[] = [];
    for (const message of fresh) {
      const event = await this.readable(message);
      if (event) events.push(event);
    }
    await this.handing.run(events);
    this.position = fresh.at(-1)?.position ?? this.position;
    followerLag.set({ durable: this.options.durable }, messages.at(-1)?.info.pending ?? 0);
  }

  /** Without those that came again, or come before what is wanted. */
  private unseen(messages: readonly JsMsg[]): JsMsg[] {
    let last = this.position;
    return messages.filter(({ seq }) => {
      const isNew = seq > last;
      if (isNew) last = seq;
      return isNew;
    });
  }

  private async readable(message: Received): Promise<StoredEvent | undefined> {
    try {
      return decode(message);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      await this.keep(message, error);
      return undefined;
    }
  }

  private async keep(message: Received | undefined, error: unknown): Promise<void> {
    if (!message) throw new Error('an event is to be set aside that is not in the batch');
    await setAside(this.connection, this.options.durable, message, error, this.signal);
  }
}

function received({ subject, headers, data, seq, timestamp }: JsMsg): Received {
  return { subject, headers, data, position: seq, stored_at: timestamp };
}
