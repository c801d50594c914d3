import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { deadLetterFor, writeDeadLetter } from '../dead-letter.js';
import type { Connection } from '../connection/connection.js';
import type { Delivered } from '../connection/nats-client.js';
import { FailureIsolation, type Item } from './failure-isolation.js';
import type { BatchHandler, FollowOptions } from '../types.js';
import { counted, delivered, unhandled } from '../wire.js';
import type { ReadAhead } from './pending-messages.js';

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
  private originals = new Map<number, Delivered>();

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
    private readonly handler: BatchHandler,
  ) {
    this.position = options.from - 1;
  }

  /** Reads a message, whenever its turn is. */
  read(message: Delivered): Item {
    return this.connection.read(delivered(message));
  }

  /** Resolves when all may be acknowledged. @throws the reason of the signal when it has fired and they were not handled */
  async handle(messages: readonly ReadAhead<Item>[], over: Over): Promise<void> {
    const fresh = this.unseen(messages);
    this.originals = new Map(fresh.map(({ message }) => [message.seq, message]));
    for (const one of fresh) {
      const noted = this.noteUnread(one, over.signal);
      if (noted) await noted;
    }
    await this.handing(over).run(fresh.map(({ read }) => read));
    this.position = fresh.at(-1)?.message.seq ?? this.position;
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
  private unseen(messages: readonly ReadAhead<Item>[]): ReadAhead<Item>[] {
    let last = this.position;
    return messages.filter(({ message: { seq } }) => {
      const isNew = seq > last;
      if (isNew) last = seq;
      return isNew;
    });
  }

  /** Not a promise for each of thousands: nearly all of them can be read. */
  private noteUnread({ message, read }: ReadAhead<Item>, signal: AbortSignal): Promise<void> | undefined {
    counted(read, this.options.durable);
    if (!isUnread(read) || read.unread.why !== 'set-aside') return undefined;
    return writeDeadLetter(this.connection, this.deadLetterName, delivered(message), read.unread, signal);
  }

  private async keep({ position }: StoredEvent, error: unknown, signal: AbortSignal): Promise<UnreadEvent> {
    const message = this.originals.get(position);
    if (!message) throw new Error('an event is to be set aside that is not in the batch');
    const deadLetter = deadLetterFor(error);
    await writeDeadLetter(this.connection, this.deadLetterName, delivered(message), deadLetter, signal);
    return unhandled(delivered(message), deadLetter);
  }
}
