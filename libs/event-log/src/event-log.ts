import type { Address, Ids, EventStream, OtaEvent, StoredEvent } from '@edgeflow/contracts';
import type { LogClock } from './connection/log-clock.js';
import type { GatewayLeases as StoredLeases } from './gateway-leases/gateway-leases.js';
import type { Inboxes as StoredInboxes } from './inbox/inboxes.js';
import type { Marked } from './read/mark.js';
import type { Place } from './read/read.js';
import type { Waiting } from './read/waiting.js';
import type {
  Appended,
  BatchHandler,
  Expectation,
  Fill,
  FollowOptions,
  Follower,
  PlacesOptions,
  StoredAt,
  StreamEnds,
  StreamRead,
  LogState,
  ScanOptions,
  TailOptions,
} from './types.js';

/** What teams ask for and nobody has taken in yet, and the answers to them. */
export type Inboxes = Pick<StoredInboxes, keyof StoredInboxes>;
/** Which process is which device gateway. */
export type GatewayLeases = Pick<StoredLeases, keyof StoredLeases>;

/**
 * The append-only log (docs/architecture.md), whatever stores it: `JetStreamLog` in production. One per process; it may be shared by
 * everything in it. Every implementation passes the suite of conformance.fixture.ts.
 */
export abstract class EventLog {
  /** The log's own time, by which deadlines and tokens count, and how far this machine's clock is from it. */
  abstract readonly clock: LogClock;
  /** Where ids come from, of events and of what they speak of. */
  abstract readonly ids: Ids;
  abstract readonly inboxes: Inboxes;
  /** Beside the log, which is for what happened. */
  abstract readonly gatewayLeases: GatewayLeases;

  /**
   * Appends one event, or up to 1,000 atomically: all are stored, side by side, or none is. An event without `traceparent` gets
   * that of the append's span. A time-out is tried again with the same ids, so the result is the truth, not a guess.
   * @param expect what the author had seen of the streams; when that is no longer so, nothing is stored
   * @throws Conflict when a stream has moved on, be it written to or only looked at
   * @throws Error when the expectation does not fit the events: a stream is not said, or an unmoved one finds no event to go with
   * @throws AlreadyAppended when ids of a batch are in the log already: read the streams. (One event alone: `duplicate` is true.)
   * @throws Denied when the user may not write to a stream
   * @throws Refused `log-diverged` after `halt`; `log-full` when there is no room, for events of the bulk kind (`isBulk`) alone from 90 % on, or `log-unavailable` when NATS does not answer for 5 seconds (it may have stored the events: append
   *   them again with the same ids), or what `toBinary` refuses
   */
  abstract append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended>;

  /**
   * Charges events on their organizations' budgets, for whoever makes one batch of several authors' events: one at its limit is refused
   * alone. The append says then that they are `charged`.
   * @throws Refused `too-many-requests` with `retry_after_s`
   */
  abstract charge(events: readonly OtaEvent[]): void;

  /**
   * Appends events of which nobody decides anything, e.g. of the audit trail, whatever their streams hold: one, or up to 1,000 atomically.
   * Idempotent by the events' ids.
   * @throws AlreadyAppended when ids of several are in the log already
   * @throws Refused `log-diverged` after `halt`; `log-full`, `log-unavailable`, or what `toBinary` refuses
   */
  abstract record(...events: readonly OtaEvent[]): Promise<Appended>;

  /**
   * The events of one entity, in order, from a position on (default: all). What this build cannot read is left out, so whoever appends
   * afterwards takes `readStream`. @throws Refused `log-unavailable`
   */
  async read(stream: EventStream, options?: { from?: number }): Promise<StoredEvent[]> {
    return (await this.readStream(stream, options)).events;
  }

  /**
   * The events of one entity, in order, from a position on (default: all), what else stands there, and where it ends: an append that says
   * so is not in conflict with what this build cannot read. @throws Refused `log-unavailable`
   */
  abstract readStream(stream: EventStream, options?: { from?: number }): Promise<StreamRead>;

  /**
   * The newest event of each name in one entity, in one request, and where the stream ends. An event that cannot be read is as if it were not
   * there, unless it must not be believed away: see `stands`. @throws Refused `log-unavailable`
   */
  abstract lastOfEach(stream: EventStream): Promise<StreamEnds>;

  /** The position of the newest event of one entity, whatever it is; 0 when there is none. @throws Refused `log-unavailable` */
  async lastPosition(stream: EventStream): Promise<number> {
    return (await this.newest(stream))?.position ?? 0;
  }

  /** Where the newest event of one entity stands, whatever it is, and its id; undefined when there is none. @throws Refused `log-unavailable` */
  abstract newest(stream: EventStream): Promise<Place | undefined>;

  /**
   * The newest event of every subject that matches, in the log's order, streamed. What this build cannot read is counted and left out.
   * @param filters subjects with wildcards, e.g. `ota.acme.device.*.DeviceRegistered`
   * @throws Refused `log-unavailable`
   */
  abstract scanLast(filters: readonly string[], options?: ScanOptions): AsyncIterable<StoredEvent>;

  /**
   * The events that match, in the log's order, from a position on (default: all) to what is stored when it starts, streamed. What
   * this build cannot read is counted and left out.
   * @param filters subjects with wildcards, e.g. `ota.acme.rollout.rol_1.>`; they must not overlap
   * @throws Refused `log-unavailable`
   */
  abstract scan(filters: readonly string[], options?: ScanOptions & { from?: number }): AsyncIterable<StoredEvent>;

  /**
   * The events that match, in the log's order, from a position on (default: what comes from now on) and then as they come, until `signal`
   * fires: for readers that keep nothing but a position. The next event is fetched as the caller takes them, a few hundred ahead at most.
   * Outages are waited out, and it goes on behind the last event that was handed over: none is missing, none comes twice. What this build
   * cannot read is counted and left out. To resume later, say one more than the last position.
   * @param filters subjects with wildcards, e.g. `ota.acme.>`; they must not overlap
   * @throws LogDiverged when the log is not the one that `from` comes from
   * @throws Denied when the user may not follow the log this way
   * @throws Refused `log-unavailable` when the log is closed here
   */
  abstract tail(filters: readonly string[], options?: TailOptions): AsyncIterable<StoredEvent>;

  /**
   * Where the events that match are stored, in the log's order, from now on until `signal` fires, without what they say: a tail that costs
   * little, for whoever has most of them by another way and wants to know what it missed. None is missing, none comes twice.
   * @param filters subjects with wildcards, e.g. `ota.*.update.*.UpdateDispatched`; they must not overlap
   * @throws as `tail`
   */
  abstract places(filters: readonly string[], options: PlacesOptions): AsyncIterable<StoredAt>;

  /**
   * Hands over every event from `options.from` on, in order, in batches of what is there; the next when the handler is done.
   * A handler sees an event again when it failed, or when the process ended before the acknowledgement: it must be idempotent.
   * An error that `isTransient` knows: the same batch again, with back-off, for ever. Others, whatever they are: three times, then in halves,
   * and the event that fails three times alone, or cannot be decoded, goes to the JetStream stream `OTA_ASIDE` and is handed over as unread, as is one of an unknown type, while the rest goes on.
   */
  abstract follow(options: FollowOptions, handler: BatchHandler): Promise<Follower>;

  /**
   * What there is behind a position, for whoever reads these subjects; undefined for nothing.
   * @throws Refused `log-unavailable`
   */
  abstract waiting(filters: readonly string[], position: number): Promise<Waiting | undefined>;

  /**
   * True when a follower, of whatever service, has set an event of the organization aside and its copy is still kept.
   * @throws Refused `log-unavailable`
   */
  abstract isDeadLetter(org: string, position: number): Promise<boolean>;

  /**
   * Calls `handler` with each event stored in a device's update stream from now on. Fast and without a promise: what is stored while
   * the connection is away does not come, so look at the stream itself as well.
   * @returns unsubscribe
   * @throws Refused `subject-invalid`
   */
  abstract live(org: string, deviceId: string, handler: (event: StoredEvent) => void): () => void;

  /**
   * Calls `handler` with where somebody writes to, from now on: a hint and no more. It comes before the log has taken the event, also
   * when the log refuses it, and not at all while the connection is away. What is true is in the stream.
   * @param subjects with wildcards, e.g. `ota.*.device.*.DeviceRevoked`
   * @returns unsubscribe
   */
  abstract subscribe(subjects: readonly string[], handler: (address: Address) => void): () => void;

  /**
   * Has every append refused as `log-diverged`: of this process from now on, of all others within seconds, also of those that start later. For
   * a fold whose rows were not made of this log.
   * @param durable who says so: its own consumer's name
   * @param reason in one word; undefined ends it
   */
  abstract halt(durable: string, reason: string | undefined): void;

  /** Why nothing may be written, and who says so; undefined while it may. */
  abstract halted(): string | undefined;

  /** Another number after each loss of the connection: the log may have come back without its tail. */
  abstract get epoch(): number;

  /** The mark of the event at a position (`markOf`); undefined when nothing stands there, or not any more. @throws Refused `log-unavailable` */
  abstract markAt(position: number): Promise<string | undefined>;

  /** The first event at a position or behind it; undefined when there is none, or none yet where it was asked. @throws Refused `log-unavailable` */
  abstract nextMark(position: number): Promise<Marked | undefined>;

  /** How full the log is, as of two seconds ago, and with what this process has appended since. */
  abstract fill(): Fill;

  /** What the stream holds now. @throws Refused `log-unavailable` */
  abstract state(): Promise<LogState>;

  /** Asks the log for a sign of life. @throws Refused `log-unavailable` */
  async ping(): Promise<void> {
    await this.state();
  }

  /** Whether the log does its work, for a readiness check. @throws Refused `log-unavailable`, also when it answers and stores nothing */
  abstract check(): Promise<void>;

  /** Sends what is under way and closes the connection. Followers are to be stopped before. */
  abstract close(): Promise<void>;
}
