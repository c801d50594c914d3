import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { logger, untilAnswered } from '@edgeflow/telemetry';
import { StreamMismatch } from '../errors.js';
import { gatewayLeases } from '../gateway-leases/lease-stream.js';
import { INBOX_DURABLE, inbox, inboxConsumer, inboxName } from '../inbox/inbox-stream.js';
import type { EventLogOptions } from '../types.js';
import { isUnavailable } from './availability.js';
import type { Connection } from './connection.js';
import { isTaken } from './consumer-api.js';
import { asDenied } from './denials.js';
import { retireSchedules } from './retired-schedules.js';
import { streamDefinitions, type StreamDefinition } from './stream.js';

const STREAM_NOT_FOUND = 10059;
/** "stream name already in use with a different configuration": somebody was faster, with other options. */
const STREAM_EXISTS = 10058;
/** Insufficient resources, an account's limit, insufficient storage. */
const TOO_BIG = [10023, 10028, 10047];

/**
 * Creates the JetStream streams, or brings them to what is wanted, and takes down what an earlier release needed. Idempotent; services may start
 * together.
 * @throws StreamMismatch @throws Denied when the user may not
 */
export async function provisionStreams(connection: Connection, options: EventLogOptions): Promise<void> {
  const orgs = options.organizations ?? [];
  const inboxes = orgs.map((org) => inbox(org, options));
  for (const definition of [...streamDefinitions(options), gatewayLeases(options), ...inboxes]) {
    await asked(connection, `stream ${definition.name}`, () => provisionStream(connection, definition));
  }
  for (const org of orgs) await asked(connection, `inbox of ${org}`, () => provisionConsumer(connection, org));
  await asked(connection, 'schedules', () => retireSchedules(connection));
}

function asked<T>(connection: Connection, what: string, request: () => Promise<T>): Promise<T> {
  return untilAnswered(`JetStream (${what})`, () => connection.ask(request), isUnavailable, connection.machine);
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
  for (let attempt = 0; !(await isUsable(connection, definition)); attempt++) await connection.pause(attempt);
}

/** False when the stream is not there and may not be made. */
async function isUsable(connection: Connection, definition: StreamDefinition): Promise<boolean> {
  const { name, config } = definition;
  const found = await asked(connection, `stream ${name}`, () => find(connection, name));
  const wrong = found && differences(found, config);
  if (wrong?.length === 0) return true;
  try {
    const provisioned = (): Promise<void> => provisionStream(connection, definition);
    await untilAnswered(`JetStream (stream ${name})`, provisioned, isUnavailable, connection.machine);
    return true;
  } catch (error) {
    if (!asDenied(error, connection.name)) throw error;
  }
  const said = wrong
    ? 'a stream is not as it should be: run the provisioning'
    : 'a stream is not there yet: run the provisioning (docs/operations.md); waiting for it';
  logger.warn({ stream: name, settings: wrong }, said);
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
    await streams.update(name, config);
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
  const actual = new Map(Object.entries(found));
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
