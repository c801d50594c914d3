import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { backoff } from './connection/availability.js';
import type { Connection } from './connection/connection.js';
import { Poison } from './errors.js';
import { eventsSetAside } from './metrics.js';
import { parseReply } from './append/publish-reply.js';
import { ASIDE_STREAM } from './connection/stream.js';
import { toHeaders, type Received } from './wire.js';

const TIMEOUT_MS = 3_000;
const MAX_REASON = 512;

/**
 * Keeps a message that a follower cannot handle: subject, position, headers and body as they were, and the reason. Tried until it is
 * stored, since what is acknowledged afterwards does not come again.
 * @throws AbortError when `signal` ends the waiting for NATS; the message is not to be acknowledged then
 */
export async function setAside(
  connection: Connection,
  durable: string,
  message: Received,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const { subject, position } = message;
  const code = codeOf(error);
  for (let attempt = 0; ; attempt++) {
    try {
      await store(connection, durable, message, error);
      eventsSetAside.inc({ durable, code });
      logger.error({ err: error, durable, subject, position, code }, 'an event was set aside');
      return;
    } catch (cause) {
      logger.error({ err: cause, durable, subject, position }, 'an event could not be set aside; trying again');
      await sleep(backoff(attempt), undefined, { signal });
    }
  }
}

async function store({ nats }: Connection, durable: string, message: Received, error: unknown): Promise<void> {
  const { subject, position, headers, data, stored_at = '' } = message;
  // The server's own headers steer a publish; those of the original are history.
  const kept = [...(headers ?? [])].filter(([name]) => !/^nats-/i.test(name));
  const entries: [string, string][] = kept.map(([name, [value = '']]) => [name, value]);
  entries.push(
    ['Nats-Msg-Id', `${durable}:${position}`],
    ['Nats-Expected-Stream', ASIDE_STREAM],
    ['Aside-Reason', headerText(error)],
    ['Aside-Code', codeOf(error)],
    ['Aside-Subject', subject],
    ['Aside-Sequence', String(position)],
    ['Aside-Stored-At', stored_at],
  );
  const options = { headers: toHeaders(entries), timeout: TIMEOUT_MS };
  const reply = parseReply((await nats.request(`aside.${durable}`, data, options)).data);
  if ('err_code' in reply) throw new Error(`${ASIDE_STREAM} refused: ${reply.description} (${reply.err_code})`);
}

/** The alarm's label; a fixed set, so that the metric stays small. */
function codeOf(error: unknown): string {
  return error instanceof Poison || error instanceof Refused ? error.code : 'handler-failed';
}

/** One line of printable ASCII. */
function headerText(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, MAX_REASON).replace(/[^\x20-\x7e]/g, '?');
}
