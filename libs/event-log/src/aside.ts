import { setTimeout as sleep } from 'node:timers/promises';
import { Refused, type Unread } from '@edgeflow/contracts';
import { logger } from '@edgeflow/telemetry';
import { backoff } from './connection/availability.js';
import type { Connection } from './connection/connection.js';
import { Poison } from './errors.js';
import { eventsSetAside } from './metrics.js';
import { asideCopy } from './aside-copy.js';
import { parseReply } from './append/publish-reply.js';
import { ASIDE_STREAM } from './connection/stream.js';
import type { Received } from './wire.js';

/** Why an event is set aside. */
export type Aside = Extract<Unread, { why: 'set-aside' }>;

const TIMEOUT_MS = 3_000;
const MAX_REASON = 512;

/**
 * Keeps a copy of a message that a follower cannot handle, with the reason. Tried until it is stored, since what is acknowledged
 * afterwards does not come again.
 * @throws AbortError when `signal` ends the waiting for NATS; the message is not to be acknowledged then
 */
export async function setAside(
  connection: Connection,
  durable: string,
  message: Received,
  aside: Aside,
  signal: AbortSignal,
): Promise<void> {
  const { subject, position } = message;
  const { code, reason } = aside;
  for (let attempt = 0; ; attempt++) {
    try {
      await store(connection, durable, message, aside);
      eventsSetAside.inc({ durable, code });
      logger.error({ durable, subject, position, code, reason }, 'an event was set aside');
      return;
    } catch (cause) {
      logger.error({ err: cause, durable, subject, position }, 'an event could not be set aside; trying again');
      await sleep(backoff(attempt), undefined, { signal });
    }
  }
}

async function store({ nats }: Connection, durable: string, message: Received, aside: Aside): Promise<void> {
  const { subject, headers, body } = asideCopy(durable, message, aside);
  const reply = parseReply((await nats.request(subject, body, { headers, timeout: TIMEOUT_MS })).data);
  if ('err_code' in reply) throw new Error(`${ASIDE_STREAM} refused: ${reply.description} (${reply.err_code})`);
}

/** What a handler threw, as the reason: a code of a fixed set, so that the metric stays small, and a line of text. */
export function asideFor(error: unknown): Aside {
  const code = error instanceof Poison || error instanceof Refused ? error.code : 'handler-failed';
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { why: 'set-aside', code, reason: text.slice(0, MAX_REASON) };
}
