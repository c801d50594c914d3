import { nanos } from '@nats-io/nats-core';
import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { isUnavailable, untilAnswered } from './availability.js';
import type { Connection } from './connection.js';
import { StreamMismatch } from '../errors.js';
import type { EventLogOptions, LogState } from '../types.js';

export const STREAM = 'OTA';
export const SCHEDULE_STREAM = 'OTA_SCHEDULE';
export const ASIDE_STREAM = 'OTA_ASIDE';

const GIB = 2 ** 30;
const DAY_MS = 86_400_000;
const STREAM_NOT_FOUND = 10059;

type Config = Partial<StreamConfig> & Pick<StreamConfig, 'name'>;

/** The log itself (DESIGN.md section 3). */
function logConfig({ replicas = 1, max_bytes = 4 * GIB, duplicate_window_s = 300 }: EventLogOptions): Config {
  return {
    name: STREAM,
    description: 'EdgeFlow OTA: the event log',
    subjects: ['ota.>'],
    storage: 'file',
    retention: 'limits',
    // A full log refuses; it never forgets.
    discard: 'new',
    max_bytes,
    num_replicas: replicas,
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    allow_atomic: true,
    duplicate_window: nanos(Math.max(120, duplicate_window_s) * 1000),
    // A core subscription on `ota.` also sees what the stream refuses; this shows only what it stored.
    republish: { src: 'ota.*.update.>', dest: 'live.ota.{{wildcard(1)}}.update.>' },
    sources: [
      {
        name: SCHEDULE_STREAM,
        // due.{subject of the event}.{schedule}: the last token keeps two schedules of one subject apart.
        subject_transforms: [
          {
            src: 'due.ota.*.*.*.*.*',
            dest: 'ota.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}',
          },
        ],
      },
    ],
  };
}

/**
 * Where the server keeps scheduled events. A stream of its own, since a stream with schedules can neither refuse when it is full nor
 * deny purges (nats-server 2.14: "message scheduling cannot use discard new"); the log takes over what is due as a source.
 * No max_bytes: with one, the oldest deadline would silently go.
 */
function scheduleConfig({ replicas = 1, duplicate_window_s = 300 }: EventLogOptions): Config {
  return {
    name: SCHEDULE_STREAM,
    description: 'EdgeFlow OTA: events that the server is to append later',
    subjects: ['schedule.>', 'due.>'],
    storage: 'file',
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    allow_direct: true,
    allow_msg_schedules: true,
    // The server switches this on for schedules; said here so that it is no difference to what is found.
    allow_rollup_hdrs: true,
    // What was due has been taken over long before; see SCHEDULE_TTL.
    allow_msg_ttl: true,
    duplicate_window: nanos(Math.max(120, duplicate_window_s) * 1000),
  };
}

/** Copies of what a follower could not handle. The original stays in the log, so the oldest copy may go. */
function asideConfig({ replicas = 1 }: EventLogOptions): Config {
  return {
    name: ASIDE_STREAM,
    description: 'EdgeFlow OTA: events that a follower set aside, with the reason',
    subjects: ['aside.>'],
    storage: 'file',
    num_replicas: replicas,
    discard: 'old',
    max_bytes: GIB / 16,
    max_age: nanos(90 * DAY_MS),
    allow_direct: true,
    duplicate_window: nanos(120_000),
  };
}

/** Creates the streams or brings them to these settings. Idempotent; replicas may start together. @throws StreamMismatch */
export async function ensureStreams(connection: Connection, options: EventLogOptions): Promise<void> {
  for (const config of [scheduleConfig(options), logConfig(options), asideConfig(options)]) {
    await untilAnswered(`JetStream (stream ${config.name})`, () => ensureStream(connection, config));
  }
}

async function ensureStream({ manager }: Connection, config: Config): Promise<void> {
  const { name } = config;
  try {
    const found = await manager.streams.info(name).catch(undefinedIfMissing);
    if (!found) await manager.streams.add(config);
    else if (differs(found.config, config)) await manager.streams.update(name, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || (isUnavailable(error) && !isTooBig(error))) throw error;
    throw new StreamMismatch(name, explained(error), { cause: error });
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
  throw error;
}

/** True when a setting of ours is not what the server has; settings we do not name are the operator's. */
function differs(found: StreamConfig, wanted: Config): boolean {
  const actual = new Map(Object.entries(found));
  return Object.entries(wanted).some(([key, value]) => JSON.stringify(actual.get(key)) !== JSON.stringify(value));
}

/** Insufficient storage or memory on the server, or an account's limit: 10023, 10047, 10028. */
function isTooBig({ code }: JetStreamApiError): boolean {
  return [10023, 10028, 10047].includes(code);
}

function explained(error: JetStreamApiError): string {
  if (!isTooBig(error)) return error.message;
  return `${error.message}: max_bytes does not fit what the server may store; lower EVENT_LOG_MAX_BYTES or raise max_file_store`;
}

/** What the log holds. @throws Refused `log-unavailable` */
export async function stateOf(connection: Connection): Promise<LogState> {
  const { state, created } = await connection.ask(() => connection.manager.streams.info(STREAM));
  const { first_seq, last_seq, messages, bytes } = state;
  return { first: messages === 0 ? 0 : first_seq, last: last_seq, created, bytes };
}
