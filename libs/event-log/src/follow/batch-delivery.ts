import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { deadLetterFor, writeDeadLetter } from '../dead-letter.js';
import type { Connection } from '../connection/connection.js';
import type { Delivered } from '../connection/nats-client.js';
import { FailureIsolation, type Item } from './failure-isolation.js';
import type { Received } from '../received.js';
import type { BatchHandler, FollowOptions } from '../types.js';
import { decode, delivered, unhandled } from '../wire.js';

/** Messages come over one connection; `signal` fires when it is over, or the follower stops. */
interface Over {
  /** See `EventLog.epoch`. */
  epoch: number;
  signal: AbortSignal;
}

/** Takes the messages of a durable, in order, to the handler of a follower. */
export class BatchDelivery {
  /** Position of the last event that was handled or set aside. */
  position: number;
  private originals = new Map<number, Received>();

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
    private readonly handler: BatchHandler,
  ) {
    this.position = options.from - 1;
  }

  /** Resolves when all may be acknowledged. @throws the reason of the signal when it has fired and they were not handled */
  async handle(messages: readonly Delivered[], over: Over): Promise<void> {
    const fresh = this.unseen(messages).map(delivered);
    this.originals = new Map(fresh.map((message) => [message.position, message]));
    const items: Item[] = [];
    for (const message of fresh) items.push(await this.read(message, over.signal));
    await this.handing(over).run(items);
    this.position = fresh.at(-1)?.position ?? this.position;
  }

  private handing({ epoch, signal }: Over): FailureIsolation {
    return new FailureIsolation({
      ...this.options,
      handler: (part) => this.handler({ ...part, epoch }),
      signal,
      machine: this.connection.machine,
      setAside: (event, error) => this.keep(event, error, signal),
    });
  }

  private get deadLetterName(): string {
    return this.options.dead_letters_as ?? this.options.durable;
  }

  /** Without those that came again, or come before what is wanted. */
  private unseen(messages: readonly Delivered[]): Delivered[] {
    let last = this.position;
    return messages.filter(({ seq }) => {
      const isNew = seq > last;
      if (isNew) last = seq;
      return isNew;
    });
  }

  private async read(message: Received, signal: AbortSignal): Promise<Item> {
    const { durable } = this.options;
    const event = decode(this.connection, message, durable);
    if (isUnread(event) && event.unread.why === 'set-aside') {
      await writeDeadLetter(this.connection, this.deadLetterName, message, event.unread, signal);
    }
    return event;
  }

  private async keep({ position }: StoredEvent, error: unknown, signal: AbortSignal): Promise<UnreadEvent> {
    const message = this.originals.get(position);
    if (!message) throw new Error('an event is to be set aside that is not in the batch');
    const deadLetter = deadLetterFor(error);
    await writeDeadLetter(this.connection, this.deadLetterName, message, deadLetter, signal);
    return unhandled(message, deadLetter);
  }
}
