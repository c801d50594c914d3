import { nanos } from '@nats-io/nats-core';
import type { StreamConfig } from '@nats-io/jetstream';
import type { Connection } from './connection.js';
import type { EventLogOptions, LogState } from '../types.js';

export const STREAM = 'OTA';
export const DEAD_LETTER_STREAM = 'OTA_ASIDE';

const GIB = 2 ** 30;
const DAY_MS = 86_400_000;
const DUPLICATE_WINDOW = nanos(300_000);

/** A JetStream stream as this library wants it. */
export interface StreamDefinition {
  name: string;
  /** What must be so. */
  config: Partial<StreamConfig>;
  /** What a new stream gets where the options say nothing; an existing one keeps what it has. */
  defaults: Partial<StreamConfig>;
}

/** The JetStream streams that every service stands on. */
export function streamDefinitions(options: EventLogOptions): StreamDefinition[] {
  return [log(options), deadLetterStream(options)];
}

/** The log itself (ADR-0001). */
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
    deny_delete: true,
    deny_purge: true,
    allow_direct: true,
    allow_atomic: true,
    // Presence is a lease: its events leave the log when it runs out (ADR-0020).
    allow_msg_ttl: true,
    // A core subscription on `ota.` also sees what the stream refuses; this shows only what it stored.
    republish: { src: 'ota.*.update.>', dest: 'live.ota.{{wildcard(1)}}.update.>' },
  };
  return { name: STREAM, config, defaults: { max_bytes: 4 * GIB, duplicate_window: DUPLICATE_WINDOW } };
}

/** Copies of one organization's events and one follower; then the oldest goes, and nobody else's. */
const DEAD_LETTERS_PER_ORG = 500;

/** Copies of what a follower could not handle, `aside.{org}.{durable}`. The original stays in the log, so the oldest copy may go. */
function deadLetterStream(options: EventLogOptions): StreamDefinition {
  const config: Partial<StreamConfig> = {
    description: 'EdgeFlow OTA: events that a follower set aside, with the reason',
    subjects: ['aside.>'],
    storage: 'file',
    ...replicasOf(options),
    discard: 'old',
    max_bytes: GIB / 16,
    max_msgs_per_subject: DEAD_LETTERS_PER_ORG,
    max_age: nanos(90 * DAY_MS),
    allow_direct: true,
  };
  return { name: DEAD_LETTER_STREAM, config, defaults: { duplicate_window: DUPLICATE_WINDOW } };
}

function replicasOf({ replicas }: EventLogOptions): Partial<StreamConfig> {
  return replicas ? { num_replicas: replicas } : {};
}

/** What the log holds. @throws Refused `log-unavailable` */
export async function stateOf(connection: Connection): Promise<LogState> {
  const asked = connection.clock.moment();
  const info = await connection.ask(() => connection.manager.streams.info(STREAM));
  // The leader of the stream answers, whose clock stamps what is stored; the client's type leaves `ts` out (@nats-io/jetstream 3.4.0).
  connection.clock.learn((info as { ts?: unknown }).ts, asked, connection.clock.moment());
  const { state, created, config } = info;
  const { first_seq, last_seq: last, last_ts: last_at, messages, bytes } = state;
  const max_bytes = config.max_bytes > 0 ? config.max_bytes : Infinity;
  return { first: messages === 0 ? 0 : first_seq, last, last_at, created, messages, bytes, max_bytes };
}
