import { nanos } from '@nats-io/nats-core';
import type { StreamConfig } from '@nats-io/jetstream';
import type { Entity, EventName } from '@edgeflow/contracts';
import type { Connection } from './connection.js';
import type { EventLogOptions, LogState } from '../types.js';
import { moment } from './log-clock.js';

export const STREAM = 'OTA';
export const SCHEDULE_STREAM = 'OTA_SCHEDULE';
export const ASIDE_STREAM = 'OTA_ASIDE';

/** Events that may be scheduled: entity and name. */
export const SCHEDULED: readonly (readonly [Entity, EventName])[] = [['update', 'DeadlineReached']];

const GIB = 2 ** 30;
const DAY_MS = 86_400_000;
const DUPLICATE_WINDOW = nanos(300_000);
/** How long what was due stays beside the log, in days: longer than the longest deadline, so that schedules of older releases live as well. */
const DUE_DAYS = 31;

/** A stream as this library wants it. */
export interface StreamDefinition {
  name: string;
  /** What must be so. */
  config: Partial<StreamConfig>;
  /** What a new stream gets where the options say nothing; an existing one keeps what it has. */
  defaults: Partial<StreamConfig>;
}

/** The streams that every service stands on, in the order in which they are to be made: the log reads from the schedules. */
export function streamDefinitions(options: EventLogOptions): StreamDefinition[] {
  return [schedules(options), log(options), aside(options)];
}

/** The log itself (DESIGN.md section 3). */
function log(options: EventLogOptions): StreamDefinition {
  const config: Partial<StreamConfig> = {
    description: 'EdgeFlow OTA: the event log',
    subjects: ['ota.>'],
    storage: 'file',
    retention: 'limits',
    // A full log refuses; it never forgets.
    discard: 'new',
    ...(options.max_bytes && { max_bytes: options.max_bytes }),
    ...replicasOf(options),
    ...windowOf(options),
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    allow_atomic: true,
    // Presence is a lease: its events leave the log when it runs out (ADR-0020).
    allow_msg_ttl: true,
    // A core subscription on `ota.` also sees what the stream refuses; this shows only what it stored.
    republish: { src: 'ota.*.update.>', dest: 'live.ota.{{wildcard(1)}}.update.>' },
    sources: [
      {
        name: SCHEDULE_STREAM,
        // due.{subject of the event}.{schedule}: the last token keeps two schedules of one subject apart. Only what is scheduled is
        // taken over: whoever may schedule names the target, and must not write what is not its to write.
        subject_transforms: SCHEDULED.map(([entity, type]) => ({
          src: `due.ota.*.${entity}.*.${type}.*`,
          dest: `ota.{{wildcard(1)}}.${entity}.{{wildcard(2)}}.${type}`,
        })),
      },
    ],
  };
  return { name: STREAM, config, defaults: { max_bytes: 4 * GIB, duplicate_window: DUPLICATE_WINDOW } };
}

/**
 * Where the server keeps scheduled events. A stream of its own, since a stream with schedules can neither refuse when it is full nor
 * deny purges (nats-server 2.14: "message scheduling cannot use discard new"); the log takes over what is due as a source.
 * No max_bytes: with one, the oldest deadline would silently go.
 */
function schedules(options: EventLogOptions): StreamDefinition {
  const config: Partial<StreamConfig> = {
    description: 'EdgeFlow OTA: events that the server is to append later',
    subjects: ['schedule.>', 'due.>'],
    storage: 'file',
    ...replicasOf(options),
    ...windowOf(options),
    max_msgs_per_subject: 1,
    allow_direct: true,
    allow_msg_schedules: true,
    // The server switches this on for schedules; said here so that it is no difference to what is found.
    allow_rollup_hdrs: true,
    // For schedules, which outlast the age below (`schedule`).
    allow_msg_ttl: true,
    // What was due has been taken over long before, even by a log that was full.
    max_age: nanos(DUE_DAYS * DAY_MS),
  };
  return { name: SCHEDULE_STREAM, config, defaults: { duplicate_window: DUPLICATE_WINDOW } };
}

/** Copies of one organization's events and one follower; then the oldest goes, and nobody else's. */
const ASIDE_PER_ORG = 500;

/** Copies of what a follower could not handle, `aside.{org}.{durable}`. The original stays in the log, so the oldest copy may go. */
function aside(options: EventLogOptions): StreamDefinition {
  const config: Partial<StreamConfig> = {
    description: 'EdgeFlow OTA: events that a follower set aside, with the reason',
    subjects: ['aside.>'],
    storage: 'file',
    ...replicasOf(options),
    discard: 'old',
    max_bytes: GIB / 16,
    max_msgs_per_subject: ASIDE_PER_ORG,
    max_age: nanos(90 * DAY_MS),
    allow_direct: true,
  };
  return { name: ASIDE_STREAM, config, defaults: { duplicate_window: DUPLICATE_WINDOW } };
}

function replicasOf({ replicas }: EventLogOptions): Partial<StreamConfig> {
  return replicas ? { num_replicas: replicas } : {};
}

function windowOf({ duplicate_window_s }: EventLogOptions): Partial<StreamConfig> {
  return duplicate_window_s ? { duplicate_window: nanos(Math.max(120, duplicate_window_s) * 1000) } : {};
}

/** What the log holds. @throws Refused `log-unavailable` */
export async function stateOf(connection: Connection): Promise<LogState> {
  const asked = moment();
  const info = await connection.ask(() => connection.manager.streams.info(STREAM));
  // The leader of the stream answers, whose clock stamps what is stored; the client's type leaves `ts` out (@nats-io/jetstream 3.4.0).
  connection.clock.learn((info as { ts?: unknown }).ts, asked, moment());
  const { state, created, config } = info;
  const { first_seq, last_seq, messages, bytes } = state;
  const max_bytes = config.max_bytes > 0 ? config.max_bytes : Infinity;
  return { first: messages === 0 ? 0 : first_seq, last: last_seq, created, messages, bytes, max_bytes };
}
