import { JetStreamApiError, type StreamConfig } from '@nats-io/jetstream';
import { StreamMismatch } from '../errors.js';
import type { EventLogOptions } from '../types.js';
import { isUnavailable, untilAnswered } from './availability.js';
import type { Connection } from './connection.js';
import { streamDefinitions, type StreamDefinition } from './stream.js';

const STREAM_NOT_FOUND = 10059;
/** "stream name already in use with a different configuration": somebody was faster, with other options. */
const STREAM_EXISTS = 10058;
/** Insufficient resources, an account's limit, insufficient storage. */
const TOO_BIG = [10023, 10028, 10047];

/** Creates the streams, or brings them to what is wanted. Idempotent; services may start together. @throws StreamMismatch */
export async function ensureStreams(connection: Connection, options: EventLogOptions): Promise<void> {
  for (const definition of streamDefinitions(options)) {
    await untilAnswered(`JetStream (stream ${definition.name})`, () => ensureStream(connection, definition));
  }
}

async function ensureStream({ manager }: Connection, { name, config, defaults }: StreamDefinition): Promise<void> {
  const find = () => manager.streams.info(name).catch(undefinedIf(STREAM_NOT_FOUND));
  try {
    const found =
      (await find()) ??
      (await manager.streams.add({ name, ...defaults, ...config }).catch(undefinedIf(STREAM_EXISTS))) ??
      (await find());
    if (found && differs(found.config, config)) await manager.streams.update(name, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || (isUnavailable(error) && !isTooBig(error))) throw error;
    throw new StreamMismatch(name, explained(error), { cause: error });
  }
}

function undefinedIf(code: number): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof JetStreamApiError && error.code === code) return undefined;
    throw error;
  };
}

/** True when a setting of ours is not what the server has; settings that we do not name are the operator's. */
function differs(found: StreamConfig, wanted: Partial<StreamConfig>): boolean {
  const actual = new Map(Object.entries(found));
  return Object.entries(wanted).some(([key, value]) => JSON.stringify(actual.get(key)) !== JSON.stringify(value));
}

function isTooBig({ code }: JetStreamApiError): boolean {
  return TOO_BIG.includes(code);
}

function explained(error: JetStreamApiError): string {
  if (!isTooBig(error)) return error.message;
  return `${error.message}: max_bytes does not fit what the server may store; lower EVENT_LOG_MAX_BYTES or raise max_file_store`;
}
