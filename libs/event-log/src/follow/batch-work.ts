import type { JsMsg } from '@nats-io/jetstream';
import { isUnread, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { asideFor, setAside } from '../aside.js';
import { isUnavailable } from '../connection/availability.js';
import type { Connection } from '../connection/connection.js';
import { HandingOver, type Item } from './handing-over.js';
import type { BatchHandler, FollowOptions } from '../types.js';
import { decode, delivered, unhandled, type Received } from '../wire.js';

/** Takes the messages of a durable, in order, to the handler of a follower. */
export class BatchWork {
  /** Position of the last event that was handled or set aside. */
  position: number;
  private readonly handing: HandingOver;
  private originals = new Map<number, Received>();

  constructor(
    private readonly connection: Connection,
    private readonly options: FollowOptions,
    handler: BatchHandler,
    private readonly signal: AbortSignal,
  ) {
    this.position = options.from - 1;
    this.handing = new HandingOver({
      durable: options.durable,
      handler,
      isTransient: (error) => isUnavailable(error) || options.isTransient?.(error) === true,
      signal,
      setAside: (event, error) => this.keep(event, error),
    });
  }

  /** Resolves when all may be acknowledged. @throws AbortError when the follower is stopping and they were not handled */
  async handle(messages: readonly JsMsg[]): Promise<void> {
    const fresh = this.unseen(messages).map(delivered);
    this.originals = new Map(fresh.map((message) => [message.position, message]));
    const items: Item[] = [];
    for (const message of fresh) items.push(await this.read(message));
    await this.handing.run(items);
    this.position = fresh.at(-1)?.position ?? this.position;
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

  private async read(message: Received): Promise<Item> {
    const { durable } = this.options;
    const event = decode(message, durable);
    if (isUnread(event) && event.unread.why === 'set-aside') {
      await setAside(this.connection, durable, message, event.unread, this.signal);
    }
    return event;
  }

  private async keep({ position }: StoredEvent, error: unknown): Promise<UnreadEvent> {
    const message = this.originals.get(position);
    if (!message) throw new Error('an event is to be set aside that is not in the batch');
    const aside = asideFor(error);
    await setAside(this.connection, this.options.durable, message, aside, this.signal);
    return unhandled(message, aside);
  }
}
