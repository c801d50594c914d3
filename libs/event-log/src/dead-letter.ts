import { Refused, isToken, type Unread } from '@edgeflow/contracts';
import { errorSparsely, logger } from '@edgeflow/telemetry';
import { parseReply } from './append/publish-reply.js';
import type { Connection } from './connection/connection.js';
import { DEAD_LETTER_STREAM } from './connection/stream.js';
import { deadLettersTotal } from './metrics.js';
import type { Received } from './received.js';
import { toHeaders } from './wire.js';

const TIMEOUT_MS = 3_000;
const MAX_REASON = 512;
/** What a copy keeps of a body, and of all headers together, in bytes: the original stays in the log. */
const KEPT_BYTES = 8_192;

/** Why an event is set aside. */
type DeadLetter = Extract<Unread, { why: 'set-aside' }>;

/**
 * Keeps a copy of a message that a follower cannot handle, with the reason. Tried until it is stored, since what is acknowledged
 * afterwards does not come again.
 * @throws AbortError when `signal` ends the waiting for NATS; the message is not to be acknowledged then
 */
export async function writeDeadLetter(
  connection: Connection,
  durable: string,
  message: Received,
  deadLetter: DeadLetter,
  signal: AbortSignal,
): Promise<void> {
  const { subject, position } = message;
  const { code, reason } = deadLetter;
  for (let attempt = 0; ; attempt++) {
    try {
      await storeCopy(connection, durable, message, deadLetter);
      deadLettersTotal.inc({ durable, code });
      logger.error({ durable, subject, position, code, reason }, 'an event was set aside');
      return;
    } catch (cause) {
      const about = { err: cause, durable, subject, position };
      errorSparsely(durable, about, 'an event could not be set aside; trying again', connection.machine.clock);
      await connection.pause(attempt, { signal });
      signal.throwIfAborted();
    }
  }
}

/** What a handler threw, as the reason: a code of a fixed set, so that the metric stays small, and a line of text. */
export function deadLetterFor(error: unknown): DeadLetter {
  const code = error instanceof Refused ? error.code : 'handler-failed';
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { why: 'set-aside', code, reason: text.slice(0, MAX_REASON) };
}

/** Stores a message in `OTA_ASIDE`. @throws Error when it is refused, or NATS does not answer */
export async function storeAside(
  { nats }: Connection,
  subject: string,
  headers: readonly (readonly [string, string])[],
  body: Uint8Array | '',
): Promise<void> {
  const all = toHeaders([...headers, ['Nats-Expected-Stream', DEAD_LETTER_STREAM]]);
  const reply = parseReply((await nats.request(subject, body, { headers: all, timeout: TIMEOUT_MS })).data);
  if ('err_code' in reply) throw new Error(`${DEAD_LETTER_STREAM} refused: ${reply.description} (${reply.err_code})`);
}

/**
 * The copy of a message that is set aside: on a subject of its organization, so that one cannot push out what is another's; its body and
 * its headers as they were, as far as there is room.
 */
function storeCopy(connection: Connection, durable: string, message: Received, deadLetter: DeadLetter): Promise<void> {
  const { subject, position, data, stored_at = '' } = message;
  const headers: [string, string][] = [
    ...keptHeaders(message),
    ['Nats-Msg-Id', `${durable}:${position}`],
    ['Aside-Reason', printable(deadLetter.reason)],
    ['Aside-Code', printable(deadLetter.code)],
    ['Aside-Subject', printable(subject)],
    ['Aside-Sequence', String(position)],
    ['Aside-Stored-At', stored_at],
  ];
  if (data.length > KEPT_BYTES) headers.push(['Aside-Cut', String(data.length)]);
  return storeAside(connection, `aside.${orgOf(subject)}.${durable}`, headers, data.subarray(0, KEPT_BYTES));
}

/** The server's own headers steer a publish; those of the original are history. */
function keptHeaders({ headers }: Received): [string, string][] {
  let room = KEPT_BYTES;
  return [...(headers ?? [])].flatMap(([name, [value = '']]): [string, string][] => {
    room -= name.length + 3 * value.length;
    return /^(nats|aside)-/i.test(name) || room < 0 ? [] : [[name, value]];
  });
}

/** `_` for what stands in no organization. */
function orgOf(subject: string): string {
  const [root, org] = subject.split('.');
  return root === 'ota' && isToken(org) ? org : '_';
}

/** One line of printable ASCII. */
function printable(text: string): string {
  return text.slice(0, 1_024).replace(/[^\x20-\x7e]/g, '?');
}
