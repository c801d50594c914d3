import { Refused, type Address, type Lane, type OtaEvent, type StoredEvent } from '@edgeflow/contracts';
import { Appender } from './append/append.js';
import { FillLevel } from './append/fill-level.js';
import { Halts } from './append/halts.js';
import { OrgBudgets } from './append/org-budgets.js';
import { Connection } from './connection/connection.js';
import type { LogClock } from './connection/log-clock.js';
import { Lookout } from './connection/lookout.js';
import { follow } from './follow/follow.js';
import { GatewayLeases } from './gateway-leases/gateway-leases.js';
import { Inboxes } from './inbox/inboxes.js';
import { hear } from './read/hear.js';
import { subscribeLive } from './read/live.js';
import { Reader } from './read/read.js';
import { schedule } from './append/schedule.js';
import { scan, scanLast } from './read/scan.js';
import { ensureStreams, provisionStreams } from './connection/ensure-streams.js';
import { stateOf } from './connection/stream.js';
import { isSetAside } from './read/set-aside.js';
import { waitingFor, type Waiting } from './read/waiting.js';
import type {
  Appended,
  BatchHandler,
  EventLogOptions,
  Expectation,
  Fill,
  FollowOptions,
  Follower,
  LaneEnds,
  LaneRead,
  LogState,
  ScanOptions,
  Worker,
  WorkHandler,
  WorkOptions,
} from './types.js';
import { WorkQueue } from './work/work-queue.js';

/** The append-only log of DESIGN.md section 3: JetStream stream `OTA`. One per process; it may be shared by everything in it. */
export class EventLog {
  private readonly appender: Appender;
  private readonly reader: Reader;
  /** The log's own time, by which deadlines and tokens count, and how far this machine's clock is from it. */
  readonly clock: LogClock;
  /** What teams ask for and nobody has taken in yet, and the way back to them. */
  readonly inboxes: Inboxes;
  /** Which process is which device gateway; beside the log, which is for what happened. */
  readonly gatewayLeases: GatewayLeases;

  private constructor(
    private readonly connection: Connection,
    private readonly level: FillLevel,
    private readonly budgets: OrgBudgets,
    private readonly halts: Halts,
    private readonly lookout: Lookout,
    options: EventLogOptions,
  ) {
    this.appender = new Appender(connection, level, budgets, halts);
    this.reader = new Reader(connection);
    this.clock = connection.clock;
    this.inboxes = new Inboxes(connection);
    this.gatewayLeases = new GatewayLeases(connection, options);
  }

  /**
   * Connects, and creates or verifies the streams. Keeps trying, with a log line, while NATS is away; a connection that is lost
   * later comes back by itself. A user without the right to make streams waits until they are there, with a log line.
   * @throws ServerTooOld when the server does not meet the floor (`NATS_FLOOR`)
   * @throws NotAdmitted when the server does not take the user, or we do not take its certificate
   * @throws Denied when the user may not look at the streams
   * @throws StreamMismatch when the stream exists with a setting that cannot be changed, or does not fit the server's limits
   */
  static async connect(options: EventLogOptions): Promise<EventLog> {
    const connection = await Connection.open(options);
    try {
      await ensureStreams(connection, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
    const level = new FillLevel(connection);
    const halts = new Halts(connection);
    const lookout = new Lookout(connection, [level, halts]);
    await lookout.start();
    return new EventLog(connection, level, new OrgBudgets(options.budget), halts, lookout, options);
  }

  /**
   * Creates the streams or brings them to what is wanted, with a user that may; an inbox for each of `options.organizations` too.
   * @throws Denied when it may not; else as `connect`
   */
  static async provision(options: EventLogOptions): Promise<void> {
    const connection = await Connection.open(options);
    try {
      await provisionStreams(connection, options);
    } finally {
      await connection.close();
    }
  }

  /**
   * Appends one event, or up to 1,000 atomically: all are stored, side by side, or none is. An event without `traceparent` gets
   * that of the append's span. A time-out is tried again with the same ids, so the result is the truth, not a guess.
   * @param expect what the author had seen of the lanes; when that is no longer so, nothing is stored
   * @throws Conflict when a lane has moved on, be it written to or only looked at
   * @throws Error when the expectation does not fit the events: a lane is not said, or an unmoved one finds no event to go with
   * @throws AlreadyAppended when ids of a batch are in the log already: read the lanes. (One event alone: `duplicate` is true.)
   * @throws Denied when the user may not write to a lane
   * @throws Refused `log-diverged` after `halt`; `log-full` when there is no room, for events of the bulk kind (`isBulk`) alone from 90 % on, or `log-unavailable` when NATS does not answer for 5 seconds (it may have stored the events: append
   *   them again with the same ids), or what `toBinary` refuses
   */
  append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended> {
    return this.appender.append(events, expect);
  }

  /**
   * Charges events on their organizations' budgets, for whoever makes one batch of several authors' events: one at its limit is refused
   * alone. The append says then that they are `charged`.
   * @throws Refused `too-many-requests` with `retry_after_s`
   */
  charge(events: readonly OtaEvent[]): void {
    this.budgets.charge(events);
  }

  /**
   * Appends an event of which nobody decides anything, e.g. of the audit trail, whatever its lane holds. Idempotent by the event's id.
   * @throws Refused `log-full`, `log-unavailable`, or what `toBinary` refuses
   */
  record(event: OtaEvent): Promise<Appended> {
    return this.appender.record(event);
  }

  /**
   * The events of one entity, in order, from a position on (default: all). What this build cannot read is left out, so whoever appends
   * afterwards takes `readLane`. @throws Refused `log-unavailable`
   */
  async read(lane: Lane, options: { from?: number } = {}): Promise<StoredEvent[]> {
    return (await this.readLane(lane, options)).events;
  }

  /**
   * The events of one entity, in order, from a position on (default: all), what else stands there, and where it ends: an append that says
   * so is not in conflict with what this build cannot read. @throws Refused `log-unavailable`
   */
  readLane(lane: Lane, options: { from?: number } = {}): Promise<LaneRead> {
    return this.reader.readLane(lane, options.from ?? 1);
  }

  /** The newest event of one entity; undefined also when it is not one that this build reads. @throws Refused `log-unavailable` */
  last(lane: Lane): Promise<StoredEvent | undefined> {
    return this.reader.last(lane);
  }

  /**
   * The newest event of each name in one entity, in one request, and where the lane ends. An event that cannot be read is as if it were not
   * there, unless it must not be believed away: see `stands`. @throws Refused `log-unavailable`
   */
  lastOfEach(lane: Lane): Promise<LaneEnds> {
    return this.reader.lastOfEach(lane);
  }

  /** The position of the newest event of one entity, whatever it is; 0 when there is none. @throws Refused `log-unavailable` */
  lastPosition(lane: Lane): Promise<number> {
    return this.reader.lastPosition(lane);
  }

  /**
   * The newest event of every subject that matches, in the log's order, streamed. What this build cannot read is counted and left out.
   * @param filters subjects with wildcards, e.g. `ota.acme.device.*.DeviceRegistered`
   * @throws Refused `log-unavailable`
   */
  scanLast(filters: readonly string[], options: ScanOptions = {}): AsyncIterable<StoredEvent> {
    return scanLast(this.connection, filters, options.onUnread);
  }

  /**
   * The events that match, in the log's order, from a position on (default: all) to what is stored when it starts, streamed. What
   * this build cannot read is counted and left out.
   * @param filters subjects with wildcards, e.g. `ota.acme.rollout.rol_1.>`; they must not overlap
   * @throws Refused `log-unavailable`
   */
  scan(filters: readonly string[], options: ScanOptions & { from?: number } = {}): AsyncIterable<StoredEvent> {
    return scan(this.connection, filters, options.from ?? 1, options.onUnread);
  }

  /**
   * Hands over every event from `options.from` on, in order, in batches of what is there; the next when the handler is done.
   * A handler sees an event again when it failed, or when the process ended before the acknowledgement: it must be idempotent.
   * An error that `isTransient` knows: the same batch again, with back-off, for ever. Others, whatever they are: three times, then in halves,
   * and the event that fails three times alone, or throws `Poison`, or cannot be decoded, goes to the stream `OTA_ASIDE` and is handed
   * over as unread, as is one of an unknown type, while the rest goes on.
   */
  follow(options: FollowOptions, handler: BatchHandler): Promise<Follower> {
    return follow(this.connection, options, handler);
  }

  /**
   * What there is behind a position, for whoever reads these subjects; undefined for nothing.
   * @throws Refused `log-unavailable`
   */
  waiting(filters: readonly string[], position: number): Promise<Waiting | undefined> {
    return waitingFor(this.connection, filters, position);
  }

  /**
   * True when a follower or a worker, of whatever service, has set an event of the organization aside and its copy is still kept.
   * @throws Refused `log-unavailable`
   */
  isSetAside(org: string, position: number): Promise<boolean> {
    return isSetAside(this.connection, org, position);
  }

  /**
   * Shares events among all workers of one durable name: each event goes to one of them, several at a time, in no promised order, at
   * least once. The handler's end acknowledges it; an error puts it back with growing delay, and `Poison`, or failing too often with what
   * is no outage, sets it aside as `follow` does. For folds, which need the order and a checkpoint of their own, there is `follow`.
   */
  async work(options: WorkOptions, handler: WorkHandler): Promise<Worker> {
    const queue = new WorkQueue(this.connection, options, handler);
    await queue.start();
    return queue;
  }

  /**
   * Calls `handler` with each event stored in a device's update lane from now on. Fast and without a promise: what is stored while
   * the connection is away does not come, so look at the lane itself as well.
   * @returns unsubscribe
   * @throws Refused `subject-invalid`
   */
  live(org: string, deviceId: string, handler: (event: StoredEvent) => void): () => void {
    return subscribeLive(this.connection, org, deviceId, handler);
  }

  /**
   * Calls `handler` with where somebody writes to, from now on: a hint and no more. It comes before the stream has taken the event, also
   * when the stream refuses it, and not at all while the connection is away. What is true is in the lane.
   * @param subjects with wildcards, e.g. `ota.*.device.*.DeviceRevoked`
   * @returns unsubscribe
   */
  hear(subjects: readonly string[], handler: (address: Address) => void): () => void {
    return hear(this.connection, subjects, handler);
  }

  /**
   * Has the server append `event` to its own lane at `at`, whoever is running then. Idempotent by the event's id. Nothing is
   * expected of the lane at that time: a reader judges whether the event still matters.
   * @throws Refused `log-full`, `log-unavailable`, or what `toBinary` refuses
   */
  schedule(event: OtaEvent, at: Date): Promise<void> {
    return schedule(this.connection, event, at);
  }

  /**
   * Has every append refused, as `log-diverged`: of this process from now on, of all others within seconds, also of those that start later. For
   * a fold whose rows were not made of this log.
   * @param durable who says so: its own consumer's name
   * @param reason in one word; undefined ends it
   */
  halt(durable: string, reason: string | undefined): void {
    this.halts.say(durable, reason);
  }

  /** Why nothing may be written, and who says so; undefined while it may. */
  halted(): string | undefined {
    return this.halts.reason;
  }

  /** Another number after each loss of the connection: the log may have come back without its tail. */
  get epoch(): number {
    return this.connection.epoch;
  }

  /** The id of the event at a position; undefined when nothing stands there, or not any more. @throws Refused `log-unavailable` */
  idAt(position: number): Promise<string | undefined> {
    return this.reader.idAt(position);
  }

  /** How full the log is, as of two seconds ago, and with what this process has appended since. */
  fill(): Fill {
    const { ratio, hasRoom, isFull, reason } = this.level;
    return { ratio, hasRoom, isFull, reason };
  }

  /** What the stream holds now. @throws Refused `log-unavailable` */
  state(): Promise<LogState> {
    return stateOf(this.connection);
  }

  /** True while the connection to NATS is up, as far as is known. */
  connected(): boolean {
    return this.connection.up;
  }

  /** Asks the log for a sign of life. @throws Refused `log-unavailable` */
  async ping(): Promise<void> {
    await stateOf(this.connection);
  }

  /** Whether the log does its work, for a readiness check. @throws Refused `log-unavailable`, also when it answers and stores nothing */
  async check(): Promise<void> {
    await this.ping();
    const reason = this.appender.troubled();
    if (reason !== undefined) throw new Refused('log-unavailable', reason);
  }

  /** Sends what is under way and closes the connection. Followers are to be stopped before. */
  close(): Promise<void> {
    this.lookout.stop();
    return this.connection.close();
  }
}
