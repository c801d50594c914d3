import { setTimeout as sleep } from 'node:timers/promises';
import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { logger } from '@edgeflow/telemetry';
import { StreamMismatch } from '../errors.js';
import { gatewayLeases } from '../gateway-leases/lease-stream.js';
import { INBOX_DURABLE, inbox, inboxConsumer, inboxName } from '../inbox/inbox-stream.js';
import type { EventLogOptions } from '../types.js';
import { backoff, isUnavailable, untilAnswered } from './availability.js';
import type { Connection } from './connection.js';
import { isTaken } from './consumer-api.js';
import { asDenied } from './denials.js';
import { sourcesFor, withoutBeginnings } from './stream-sources.js';
import { streamDefinitions, type StreamDefinition } from './stream.js';

const STREAM_NOT_FOUND = 10059;
/** "stream name already in use with a different configuration": somebody was faster, with other options. */
const STREAM_EXISTS = 10058;
/** Insufficient resources, an account's limit, insufficient storage. */
const TOO_BIG = [10023, 10028, 10047];

/**
 * Creates the streams, or brings them to what is wanted. Idempotent; services may start together.
 * @throws StreamMismatch @throws Denied when the user may not
 */
export async function provisionStreams(connection: Connection, options: EventLogOptions): Promise<void> {
  for (const definition of [...streamDefinitions(options), gatewayLeases(options)]) {
    await provisioned(connection, definition);
  }
  for (const org of options.organizations ?? []) {
    await provisioned(connection, inbox(org, options));
    await untilAnswered(`JetStream (inbox of ${org})`, () => connection.ask(() => provisionConsumer(connection, org)));
  }
}

function provisioned(connection: Connection, definition: StreamDefinition): Promise<void> {
  return untilAnswered(`JetStream (stream ${definition.name})`, () =>
    connection.ask(() => provisionStream(connection, definition)),
  );
}

/** Who takes messages out needs no right to make consumers. The server takes the same settings again for no change. */
async function provisionConsumer({ manager: { consumers } }: Connection, org: string): Promise<void> {
  await consumers.add(inboxName(org), inboxConsumer).catch((error: unknown) => {
    if (!isTaken(error)) throw error;
    return consumers.update(inboxName(org), INBOX_DURABLE, inboxConsumer);
  });
}

/**
 * The same for a user that may have no right to it: a stream that differs is then used as it is, with a warning, and one that is not
 * there is waited for, with a log line. @throws StreamMismatch @throws Denied when the user may not even look
 */
export async function ensureStreams(connection: Connection, options: EventLogOptions): Promise<void> {
  for (const definition of streamDefinitions(options)) await ensureStream(connection, definition);
}

/** The same for one stream. */
export async function ensureStream(connection: Connection, definition: StreamDefinition): Promise<void> {
  for (let attempt = 0; !(await isUsable(connection, definition)); attempt++) await sleep(backoff(attempt));
}

/** False when the stream is not there and may not be made. */
async function isUsable(connection: Connection, definition: StreamDefinition): Promise<boolean> {
  const { name, config } = definition;
  const found = await untilAnswered(`JetStream (stream ${name})`, () => connection.ask(() => find(connection, name)));
  const wrong = found && differences(found, config);
  if (wrong?.length === 0) return true;
  try {
    await untilAnswered(`JetStream (stream ${name})`, () => provisionStream(connection, definition));
    return true;
  } catch (error) {
    if (!asDenied(error, connection.name)) throw error;
  }
  if (wrong) logger.warn({ stream: name, settings: wrong }, 'a stream is not as it should be: run the provisioning');
  else
    logger.warn(
      { stream: name },
      'a stream is not there yet: run the provisioning (docs/operations.md); waiting for it',
    );
  return wrong !== undefined;
}

async function provisionStream(connection: Connection, { name, config, defaults }: StreamDefinition): Promise<void> {
  const { streams } = connection.manager;
  try {
    const found =
      (await find(connection, name)) ??
      (await streams.add({ name, ...defaults, ...config }).catch(undefinedIf(STREAM_EXISTS)))?.config ??
      (await find(connection, name));
    if (!found || differences(found, config).length === 0) return;
    await streams.update(name, { ...config, ...sourcesFor(found, config, new Date()) });
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || (isUnavailable(error) && !isTooBig(error))) throw error;
    throw new StreamMismatch(name, explained(error), { cause: error });
  }
}

async function find({ manager }: Connection, name: string): Promise<StreamConfig | undefined> {
  return (await manager.streams.info(name).catch(undefinedIf(STREAM_NOT_FOUND)))?.config;
}

function undefinedIf(code: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  };
}

/** Settings of ours that are not what the server has; settings that we do not name are the operator's. */
function differences(found: StreamConfig, wanted: Partial<StreamConfig>): string[] {
  const actual = new Map(Object.entries({ ...found, ...withoutBeginnings(found) }));
  return Object.entries(wanted)
    .filter(([key, value]) => JSON.stringify(actual.get(key)) !== JSON.stringify(value))
    .map(([key]) => key);
}

function isTooBig({ code }: JetStreamApiError): boolean {
  return TOO_BIG.includes(code);
}

function explained(error: JetStreamApiError): string {
  if (!isTooBig(error)) return error.message;
  return `${error.message}: max_bytes does not fit what the server may store; lower EVENT_LOG_MAX_BYTES or raise max_file_store`;
}
