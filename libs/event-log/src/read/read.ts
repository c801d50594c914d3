import type { StoredMsg } from '@nats-io/jetstream';
import { laneSubject, type EventName, type Lane, type StoredEvent } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { directBatch, type DirectQuery } from './direct-batch.js';
import { STREAM } from '../connection/stream.js';
import { decode } from '../wire.js';

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

  /** See `EventLog.read`. */
  async read(lane: Lane, from: number): Promise<StoredEvent[]> {
    const subject = laneSubject(lane);
    const events: StoredEvent[] = [];
    for (let seq = from; ;) {
      const page = await this.get({ seq, next_by_subj: subject, batch: PAGE });
      events.push(...page.map(decodeDirect));
      const last = page.at(-1);
      if (!last || page.length < PAGE) return events;
      seq = last.seq + 1;
    }
  }

  /** See `EventLog.last`. */
  async last(lane: Lane): Promise<StoredEvent | undefined> {
    const message = await this.lastMessage(laneSubject(lane));
    return message && decodeDirect(message);
  }

  /** See `EventLog.lastPosition`. */
  async lastPosition(lane: Lane): Promise<number> {
    return (await this.lastMessage(laneSubject(lane)))?.seq ?? 0;
  }

  /** See `EventLog.lastOfEach`. */
  async lastOfEach(lane: Lane): Promise<{ [N in EventName]?: StoredEvent<N> }> {
    const messages = await this.get({ multi_last: [laneSubject(lane)] });
    return Object.fromEntries(messages.map(decodeDirect).map((event) => [event.type, event]));
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

/** @throws Refused `event-invalid` that names the position */
function decodeDirect({ subject, header, data, seq, timestamp }: StoredMsg): StoredEvent {
  return decode({ subject, headers: header, data, position: seq, stored_at: timestamp });
}
