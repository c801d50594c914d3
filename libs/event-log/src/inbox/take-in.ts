import { warnSparsely } from '@edgeflow/telemetry';
import type { Connection } from '../connection/connection.js';
import type { Delivered } from '../connection/nats-client.js';
import { toMap } from '../wire.js';
import { INBOX_DURABLE, inboxName } from './inbox-stream.js';

/** A team's message as it lies in the inbox of its organization: nothing of it was looked at. */
export interface InboxMessage {
  org: string;
  /** As in the subject: any text that a subject's token may be. */
  request_id: string;
  /** As in the subject. */
  type: string;
  /** Names in lower case. */
  headers: ReadonlyMap<string, string>;
  body: Uint8Array;
  /** ISO 8601. */
  stored_at: string;
  /** Messages behind it in the inbox when it was handed over. */
  behind: number;
  /** 1 for the first time. */
  attempt: number;
}

export type InboxHandler = (message: InboxMessage) => Promise<void>;

/** Messages asked for at a time: of the largest size 12 MiB. */
const AT_A_TIME = 16;
/** How long a pull waits at the server, in milliseconds: what it is given after its maker has gone comes again a little later. */
const PULL_MS = 5_000;

/** See `Inboxes.takeIn`. */
export async function takeIn(
  connection: Connection,
  org: string,
  handler: InboxHandler,
  signal: AbortSignal,
): Promise<void> {
  const { consumers } = connection.manager;
  const info = await connection.ask(() => consumers.info(inboxName(org), INBOX_DURABLE));
  const consumer = connection.jetstream.consumers.getConsumerFromInfo(info);
  // One subscription for all pulls: between two of them nothing is delivered to nobody.
  const messages = await consumer.consume({
    ...{ max_messages: AT_A_TIME, expires: PULL_MS, abort_on_missing_resource: true },
  });
  const close = (): void => void messages.close();
  signal.addEventListener('abort', close, { once: true });
  // It may have fired while the server was asked: nobody would hear of it any more.
  if (signal.aborted) close();
  try {
    for await (const message of messages) {
      await handle(connection, message, org, handler, signal);
      // What has arrived is handed over without a pause: others are to have their turn in between.
      await connection.machine.clock.sleep(0);
    }
  } finally {
    signal.removeEventListener('abort', close);
    await messages.close();
  }
}

/** Tries until it is taken in: the order stays, and what waits behind it could not be taken in either. With the end of the taking it goes back. */
async function handle(
  connection: Connection,
  message: Delivered,
  org: string,
  handler: InboxHandler,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await handler(inboxMessage(org, message, attempt));
      return message.ack();
    } catch (error) {
      const about = { err: error, org, subject: message.subject, attempt };
      warnSparsely(org, about, 'a request was not taken in; trying again', connection.machine.clock);
      // It stays ours; of those behind it that come again for their age the taking in has seen the first copy.
      message.working();
      await connection.pause(attempt, { signal });
    }
  }
  message.nak();
}

function inboxMessage(
  org: string,
  { subject, headers, data, timestamp, info }: Delivered,
  attempt: number,
): InboxMessage {
  const [, , request_id = '', type = ''] = subject.split('.');
  const content = { headers: toMap(headers), body: data, stored_at: timestamp };
  return { org, request_id, type, ...content, behind: info.pending, attempt };
}
