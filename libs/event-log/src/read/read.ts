import type { DirectMsgRequest } from '@nats-io/jetstream';
import { isUnread, streamSubject, type EventStream, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { directBatch, pagesOf } from './direct-batch.js';
import { STREAM } from '../connection/stream.js';
import type { StreamEnds, StreamRead } from '../types.js';
import { decode, fetched } from '../wire.js';
import { markOf, type Marked } from './mark.js';

const ALL = 'ota.>';

/** Where a message stands, and the id of its event as our services write it, whether or not it can be decoded. */
export interface Place {
  position: number;
  id: string;
}

/** The reading side of the log for single entities: direct gets, no consumers. */
export class Reader {
  constructor(private readonly connection: Connection) {}

  /** See `EventLog.readStream`. */
  async readStream(stream: EventStream, from: number): Promise<StreamRead> {
    const read: StreamRead = { events: [], unread: [], position: from - 1 };
    for await (const page of pagesOf(this.connection, streamSubject(stream), from)) {
      for (const message of page) sort(decode(this.connection, fetched(message), 'read'), read);
      read.position = page.at(-1)?.seq ?? read.position;
    }
    return read;
  }

  /** See `EventLog.lastOfEach`. */
  async lastOfEach(stream: EventStream): Promise<StreamEnds> {
    const query = { multi_last: [streamSubject(stream)] };
    const messages = await this.connection.ask(() => directBatch(this.connection, query));
    const read: Pick<StreamRead, 'events' | 'unread'> = { events: [], unread: [] };
    for (const message of messages) sort(decode(this.connection, fetched(message), 'last-of-each'), read);
    const last = Object.fromEntries(read.events.map((event) => [event.type, event]));
    return { last, unread: read.unread, position: Math.max(0, ...messages.map(({ seq }) => seq)) };
  }

  /** See `EventLog.markAt`. */
  async markAt(seq: number): Promise<string | undefined> {
    const message = await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, { seq }));
    return message ? markOf(this.connection.read(fetched(message))) : undefined;
  }

  /** See `EventLog.nextMark`. */
  async nextMark(seq: number): Promise<Marked | undefined> {
    const query = { seq, next_by_subj: ALL };
    const found = await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, query));
    return found ? { position: found.seq, mark: markOf(this.connection.read(fetched(found))) } : undefined;
  }

  /** The id of the event at a position; undefined when nothing stands there. */
  async idAt(seq: number): Promise<string | undefined> {
    return (await this.one({ seq }))?.id;
  }

  /** The first message on `subject` at or after a position. */
  next(subject: string, seq: number): Promise<Place | undefined> {
    return this.one({ seq, next_by_subj: subject });
  }

  /** The last message on `subject`. */
  newest(subject: string): Promise<Place | undefined> {
    return this.one({ last_by_subj: subject });
  }

  private async one(query: DirectMsgRequest): Promise<Place | undefined> {
    const found = await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, query));
    return found ? { position: found.seq, id: found.header.get('ce-id') } : undefined;
  }
}

function sort(event: StoredEvent | UnreadEvent, { events, unread }: Pick<StreamRead, 'events' | 'unread'>): void {
  if (isUnread(event)) unread.push(event);
  else events.push(event);
}
