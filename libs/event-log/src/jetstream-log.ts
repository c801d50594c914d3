import {
  Refused,
  streamSubject,
  idsOf,
  type Address,
  type Ids,
  type EventStream,
  type OtaEvent,
  type StoredEvent,
} from '@edgeflow/contracts';
import { Appender } from './append/append.js';
import { FillLevel } from './append/fill-level.js';
import { Halts } from './append/halts.js';
import { OrgBudgets } from './append/org-budgets.js';
import { Connection } from './connection/connection.js';
import { ensureStreams, provisionStreams } from './connection/ensure-streams.js';
import type { LogClock } from './connection/log-clock.js';
import { checkPeriodically } from './connection/periodic-check.js';
import { stateOf } from './connection/stream.js';
import { EventLog } from './event-log.js';
import { PullFollower } from './follow/pull-follower.js';
import { GatewayLeases } from './gateway-leases/gateway-leases.js';
import { Inboxes } from './inbox/inboxes.js';
import { subscribe } from './read/subscribe.js';
import { subscribeLive } from './read/live.js';
import type { Marked } from './read/mark.js';
import { Reader, type Place } from './read/read.js';
import { scan, scanLast } from './read/scan.js';
import { isDeadLetter } from './read/dead-letters.js';
import { places, tail } from './read/tail.js';
import { waitingFor, type Waiting } from './read/waiting.js';
import type {
  Appended,
  BatchHandler,
  EventLogOptions,
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

/** How often a process looks what others have made of the log, in milliseconds. */
const LOOK_MS = 2_000;

/** The event log on NATS: the JetStream stream `OTA`. */
export class JetStreamLog extends EventLog {
  private readonly appender: Appender;
  private readonly budgets: OrgBudgets;
  private readonly reader: Reader;
  readonly clock: LogClock;
  readonly ids: Ids;
  readonly inboxes: Inboxes;
  readonly gatewayLeases: GatewayLeases;

  private constructor(
    private readonly connection: Connection,
    private readonly level: FillLevel,
    private readonly halts: Halts,
    private readonly stopLooking: () => void,
    options: EventLogOptions,
  ) {
    super();
    this.budgets = new OrgBudgets(options.budget, connection.machine.clock);
    this.appender = new Appender(connection, level, this.budgets, halts);
    this.reader = new Reader(connection);
    this.clock = connection.clock;
    this.ids = options.ids ?? idsOf(connection.machine.entropy);
    this.inboxes = new Inboxes(connection);
    this.gatewayLeases = new GatewayLeases(connection, options);
  }

  /**
   * Connects, and creates or verifies the JetStream streams. Keeps trying, with a log line, while NATS is away; a connection that is lost
   * later comes back by itself. A user without the right to make JetStream streams waits until they are there, with a log line.
   * @throws ServerTooOld when the server does not meet the floor (`NATS_FLOOR`)
   * @throws NotAdmitted when the server does not take the user, or we do not take its certificate
   * @throws Denied when the user may not look at the streams
   * @throws StreamMismatch when the JetStream stream exists with a setting that cannot be changed, or does not fit the server's limits
   */
  static async connect(options: EventLogOptions): Promise<JetStreamLog> {
    return JetStreamLog.over(await Connection.open(options), options);
  }

  /** The same over a connection that is there, be it to what it may. */
  static async over(connection: Connection, options: EventLogOptions): Promise<JetStreamLog> {
    try {
      await ensureStreams(connection, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
    const level = new FillLevel(connection);
    const halts = new Halts(connection);
    const stopLooking = await checkPeriodically(connection, options.look_ms ?? LOOK_MS, level, halts);
    return new JetStreamLog(connection, level, halts, stopLooking, options);
  }

  /**
   * Creates the JetStream streams or brings them to what is wanted, with a user that may; an inbox for each of `options.organizations` too.
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

  append(events: readonly OtaEvent[], expect: Expectation): Promise<Appended> {
    return this.appender.append(events, expect);
  }

  charge(events: readonly OtaEvent[]): void {
    this.budgets.charge(events);
  }

  record(...events: readonly OtaEvent[]): Promise<Appended> {
    return this.appender.append(events);
  }

  readStream(stream: EventStream, options: { from?: number } = {}): Promise<StreamRead> {
    return this.reader.readStream(stream, options.from ?? 1);
  }

  lastOfEach(stream: EventStream): Promise<StreamEnds> {
    return this.reader.lastOfEach(stream);
  }

  newest(stream: EventStream): Promise<Place | undefined> {
    return this.reader.newest(streamSubject(stream));
  }

  scanLast(filters: readonly string[], options: ScanOptions = {}): AsyncIterable<StoredEvent> {
    return scanLast(this.connection, filters, options);
  }

  scan(filters: readonly string[], options: ScanOptions & { from?: number } = {}): AsyncIterable<StoredEvent> {
    return scan(this.connection, filters, options);
  }

  tail(filters: readonly string[], options: TailOptions = {}): AsyncIterable<StoredEvent> {
    return tail(this.connection, filters, options);
  }

  places(filters: readonly string[], options: PlacesOptions): AsyncIterable<StoredAt> {
    return places(this.connection, filters, options);
  }

  follow(options: FollowOptions, handler: BatchHandler): Promise<Follower> {
    return PullFollower.start(this.connection, options, handler);
  }

  waiting(filters: readonly string[], position: number): Promise<Waiting | undefined> {
    return waitingFor(this.connection, filters, position);
  }

  isDeadLetter(org: string, position: number): Promise<boolean> {
    return isDeadLetter(this.connection, org, position);
  }

  live(org: string, deviceId: string, handler: (event: StoredEvent) => void): () => void {
    return subscribeLive(this.connection, org, deviceId, handler);
  }

  subscribe(subjects: readonly string[], handler: (address: Address) => void): () => void {
    return subscribe(this.connection, subjects, handler);
  }

  halt(durable: string, reason: string | undefined): void {
    this.halts.say(durable, reason);
  }

  halted(): string | undefined {
    return this.halts.reason;
  }

  get epoch(): number {
    return this.connection.epoch;
  }

  markAt(position: number): Promise<string | undefined> {
    return this.reader.markAt(position);
  }

  nextMark(position: number): Promise<Marked | undefined> {
    return this.reader.nextMark(position);
  }

  fill(): Fill {
    return this.level;
  }

  state(): Promise<LogState> {
    return stateOf(this.connection);
  }

  async check(): Promise<void> {
    await this.ping();
    const reason = this.appender.troubled();
    if (reason !== undefined) throw new Refused('log-unavailable', reason);
  }

  close(): Promise<void> {
    this.stopLooking();
    return this.connection.close();
  }
}
