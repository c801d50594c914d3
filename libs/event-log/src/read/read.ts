import type { StoredMsg } from '@nats-io/jetstream';
import { isUnread, laneSubject, type Lane, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { directBatch, type DirectQuery } from './direct-batch.js';
import { STREAM } from '../connection/stream.js';
import type { LaneEnds, LaneRead } from '../types.js';
import { decode, fetched, idOf } from '../wire.js';

/** Messages in one answer of the server. */
const PAGE = 1_000;

/** Where a message stands, and the id of its event as our services write it, whether or not it can be decoded. */
export interface Place {
  position: number;
  id: string;
}

/** The reading side of the log for single entities: direct gets, no consumers. */
export class Reader {
  constructor(private readonly connection: Connection) {}

  /** See `EventLog.readLane`. */
  async readLane(lane: Lane, from: number): Promise<LaneRead> {
    const subject = laneSubject(lane);
    const read: LaneRead = { events: [], unread: [], position: from - 1 };
    for (;;) {
      const page = await this.get({ seq: read.position + 1, next_by_subj: subject, batch: PAGE });
      for (const message of page) sort(decode(fetched(message), 'read'), read);
      const last = page.at(-1);
      read.position = last?.seq ?? read.position;
      // Not by its length: the server also cuts a page by its bytes.
      if (!last || last.pending <= 0) return read;
    }
  }

  /** See `EventLog.last`. */
  async last(lane: Lane): Promise<StoredEvent | undefined> {
    const message = await this.lastMessage(laneSubject(lane));
    const event = message && decode(fetched(message), 'last');
    return event && !isUnread(event) ? event : undefined;
  }

  /** See `EventLog.lastPosition`. */
  async lastPosition(lane: Lane): Promise<number> {
    return (await this.lastMessage(laneSubject(lane)))?.seq ?? 0;
  }

  /** See `EventLog.lastOfEach`. */
  async lastOfEach(lane: Lane): Promise<LaneEnds> {
    const messages = await this.get({ multi_last: [laneSubject(lane)] });
    const read: Pick<LaneRead, 'events' | 'unread'> = { events: [], unread: [] };
    for (const message of messages) sort(decode(fetched(message), 'last-of-each'), read);
    const last = Object.fromEntries(read.events.map((event) => [event.type, event]));
    return { last, unread: read.unread, position: Math.max(0, ...messages.map(({ seq }) => seq)) };
  }

  /** See `EventLog.idAt`. */
  async idAt(seq: number): Promise<string | undefined> {
    const message = await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, { seq }));
    return message ? idOf(fetched(message)) : undefined;
  }

  /** The first message on `subject` at or after a position. */
  async next(subject: string, from: number): Promise<Place | undefined> {
    const query = { seq: from, next_by_subj: subject };
    return placeOf(await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, query)));
  }

  /** The last message on `subject`. */
  async newest(subject: string): Promise<Place | undefined> {
    return placeOf(await this.lastMessage(subject));
  }

  private async lastMessage(subject: string): Promise<StoredMsg | undefined> {
    const query = { last_by_subj: subject };
    return (await this.connection.ask(() => this.connection.manager.direct.getMessage(STREAM, query))) ?? undefined;
  }

  private get(query: DirectQuery): Promise<StoredMsg[]> {
    return this.connection.ask(() => directBatch(this.connection.manager, query));
  }
}

function placeOf(message: StoredMsg | null | undefined): Place | undefined {
  return message ? { position: message.seq, id: message.header.get('ce-id') } : undefined;
}

function sort(event: StoredEvent | UnreadEvent, { events, unread }: Pick<LaneRead, 'events' | 'unread'>): void {
  if (isUnread(event)) unread.push(event);
  else events.push(event);
}
