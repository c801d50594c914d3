import type { Address, EventName, Ids, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { Machine } from '@edgeflow/runtime';
import type { Amount } from './append/budget.js';

/** How to reach the log. */
export interface EventLogOptions {
  /** `nats://` or `tls://` URLs, separated by commas; they may carry `user:password@`, percent-encoded. */
  servers: string;
  /** As whom; over what the URLs say. */
  user?: string;
  password?: string;
  /** The certificate authority of the servers, PEM; given, the connection is in TLS. Default: those of Node, for `tls://`. */
  ca?: string;
  /** What the subjects of the JetStream API begin with, where the log is imported from another account (ADR-0016). Default: `$JS.API`. */
  api_prefix?: string;
  /** The connection's name, as the server's monitoring shows it: the service. */
  name: string;
  /** Copies of every message: 1 on one machine, 3 in production. Default: as the JetStream stream has it; 1 for a new one. */
  replicas?: number;
  /** Size at which the log refuses new events, in bytes. Default: as the JetStream stream has it; 4 GiB for a new one. */
  max_bytes?: number;
  /** Organizations that get an inbox where there is none; only for `JetStreamLog.provision`. Default: none. */
  organizations?: readonly string[];
  /** What each organization may have written in a minute by this process; see `OrgBudgets`. Default: as much as it likes. */
  budget?: Amount;
  /** Where the ids come from that whoever uses this log makes. Default: the machine's chance. */
  ids?: Ids;
  /** How often this process looks what others have made of the log, in milliseconds. Default: 2 s. */
  look_ms?: number;
  /** By whose clock it waits. Default: the one that this process runs on, as whoever talks to a real server does. */
  machine?: Machine;
}

/** What the author of an append had seen; see `EventLog.append`. */
export interface Expectation {
  /** The last position seen of every stream written to, or one for each stream by `streamSubject`. 0: the stream is empty. */
  after: number | ReadonlyMap<string, number>;
  /**
   * The last position seen, by `streamSubject`, of streams that the decision looked at and the append does not write to. 0: the stream is
   * empty. Each needs an event of the append that is not the first of its stream, since a message carries one guard. In a cluster such
   * appends under way at once on the same stream may conflict with each other though it has not moved: append them one after the other.
   */
  unmoved?: ReadonlyMap<string, number>;
  /** True for events of the bulk kind that may use the room which the log keeps for control, since something cannot end without them. */
  urgent?: boolean;
  /**
   * The connection over which the author read what it decided by, as `EventLog.epoch` numbers it. Once that is lost nothing is sent any more, not
   * even again: the log may have come back without what was read, where the streams written to say nothing of it.
   */
  over?: number;
  /** True for events that were charged on their organizations' budgets already, each part of a batch by itself (`EventLog.charge`). */
  charged?: boolean;
}

/** How full the log is; see `EventLog.fill`. */
export interface Fill {
  /** 0 to 1. */
  ratio: number;
  /** False from 90 % on: what is left is for control, and bulk is refused as `log-full`. */
  hasRoom: boolean;
  /** True when the server refuses everything. */
  isFull: boolean;
  /** Why somebody should look, from 80 % on, in one sentence with the numbers. */
  reason: string | undefined;
}

/** Where the events of an append stand. Those of a batch are neighbours. */
export interface Appended {
  first: number;
  last: number;
  /** True when an earlier attempt had stored them already; nothing was written now. */
  duplicate: boolean;
}

/** What the stream holds. */
export interface LogState {
  /** Position of the oldest event; 0 when there is none. */
  first: number;
  /** Position of the newest event; 0 when there never was one. */
  last: number;
  /** When it was stored, as the server says it. */
  last_at: string;
  /** When the stream was created, ISO 8601: its identity. */
  created: string;
  /** How many events there are now: presence leaves when its lease runs out. */
  messages: number;
  bytes: number;
  /** The size at which it refuses; infinite when nobody has bounded it. */
  max_bytes: number;
}

/** The events of an entity as this build knows them, and what else stands there. */
export interface StreamRead {
  events: StoredEvent[];
  /** What this build cannot use; see `UnreadEvent`. */
  unread: UnreadEvent[];
  /** Where the stream ends, whatever stands there: what the next append has seen. 0 for an empty one. */
  position: number;
}

/** The newest event of each name. */
export type LastOfEach = { readonly [N in EventName]?: StoredEvent<N> };

/** The newest event of each name of an entity; of a name whose newest one is not read there is none in `last`. */
export interface StreamEnds extends Pick<StreamRead, 'position'> {
  last: LastOfEach;
  unread: readonly UnreadEvent[];
}

/** What a scan is asked beside its subjects. */
export interface ScanOptions {
  /** Told of each event that is left out since it cannot be read. */
  onUnread?: (event: UnreadEvent) => void;
}

/** How to read the log as it comes; see `EventLog.tail`. */
export interface TailOptions extends ScanOptions {
  /** The first position wanted; default: the next one that is stored. */
  from?: number;
  /** Ends the reading. */
  signal?: AbortSignal;
}

/** Where an event is stored, and what its subject says of it. */
export interface StoredAt extends Address {
  position: number;
}

/** How to follow where events are stored; see `EventLog.places`. */
export interface PlacesOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Told when it begins or goes on, and when it breaks off for a while: what is stored meanwhile comes later. */
  onFollowing?: (isFollowing: boolean) => void;
}

/** Events that are handed over together, and those between them of which only the envelope is known. Each list is in the log's order. */
export interface Part {
  events: readonly StoredEvent[];
  unread: readonly UnreadEvent[];
}

/** What came together. */
export interface Batch extends Part {
  /** The connection over which they came, as `EventLog.epoch` numbers it: after its loss the log may not have them any more. */
  epoch: number;
}

export type BatchHandler = (batch: Batch) => Promise<void>;

/** How to follow the log; see `EventLog.follow`. */
export interface FollowOptions {
  /** The consumer's name, `<app>-<purpose>`. Two followers of one name: the later one takes over. */
  durable: string;
  /** Under which name is kept what it sets aside, when that is not the consumer's. */
  dead_letters_as?: string;
  /** Subjects with wildcards, e.g. `ota.*.device.>`. */
  filters: readonly string[];
  /** The first position wanted: one more than the checkpoint. Earlier events are never handed over. */
  from: number;
  /** At most so many events at a time; default 500. */
  batch?: number;
  /**
   * So long an event may wait for others to be handed over with it, in milliseconds, unless there are `batch` of them or somebody waits for one
   * (`Follower.hurry`). Default: not at all.
   */
  company_ms?: number;
  /** Says which errors of the handler pass by themselves, beside outages of NATS: the same batch comes again, for ever, with back-off. Default: none. */
  isTransient?: (error: unknown) => boolean;
}

/** A running follower. */
export interface Follower {
  /** Position of the last event that was handled or set aside; `from - 1` at first. */
  readonly position: number;
  /** Events stored and not handled yet, by the consumer's own count; as if all behind the first of them were for this follower. @throws Refused `log-unavailable` */
  lag(): Promise<number>;
  /** Somebody waits for what stands at a position: as soon as it has come it is handed over, with what came before it. */
  hurry(position: number): void;
  /** Finishes and acknowledges the batch that is being handled, then stops. */
  stop(): Promise<void>;
  /**
   * Resolves when it has stopped: to nothing after `stop()`, else to why it gave up: `Displaced` by a later follower of the name, or
   * `LogDiverged` since the log is not the one that its position comes from. Outages are waited out.
   */
  readonly ended: Promise<Error | undefined>;
}
