import type { Stop } from '@edgeflow/runtime';
import { errors } from '@nats-io/nats-core';
import { JetStreamError } from '@nats-io/jetstream';
import type { Connection } from '../connection/connection.js';
import type { Fetched } from '../connection/nats-client.js';
import { STREAM } from '../connection/stream.js';

/** Messages of a subject from a position on, or the last ones of every subject that matches. */
type DirectQuery = { seq: number; next_by_subj: string; batch: number } | { multi_last: string[] };

/** An answer that stops coming would otherwise be waited for without end: the connection may go in the middle, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * A direct get of several messages. With a callback, since the client's iterator never gives its subscription back
 * (@nats-io/jetstream 3.4.0).
 */
export function directBatch(
  { manager: { direct }, machine: { clock } }: Pick<Connection, 'manager' | 'machine'>,
  query: DirectQuery,
  stream = STREAM,
): Promise<Fetched[]> {
  return new Promise((resolve, reject) => {
    const messages: Fetched[] = [];
    let inTime: Stop | undefined;
    const callback = (done: { err?: Error } | null, message: Fetched): void => {
      if (!done) return void messages.push(message);
      inTime?.();
      if (done.err && !isNothing(done.err)) reject(done.err);
      else resolve(messages);
    };
    const answer =
      'seq' in query
        ? direct.getBatch(stream, { ...query, callback })
        : direct.getLastMessagesFor(stream, { ...query, callback });
    answer.then((iterator) => {
      inTime = clock.after(TIMEOUT_MS, () => iterator.stop(new errors.TimeoutError()));
    }, reject);
  });
}

/** Messages in one answer of the server. */
const PAGE = 1_000;

/** The messages of a subject from a position on, in pages. @throws Refused `log-unavailable` */
export async function* pagesOf(
  connection: Connection,
  subject: string,
  from: number,
  stream = STREAM,
): AsyncGenerator<Fetched[]> {
  for (let seq = from; ;) {
    const query = { seq, next_by_subj: subject, batch: PAGE };
    const page = await connection.ask(() => directBatch(connection, query, stream));
    const last = page.at(-1);
    if (last) yield page;
    // Not by its length: the server also cuts a page by its bytes.
    if (!last || last.pending <= 0) return;
    seq = last.seq + 1;
  }
}

/** "404 Message Not Found": nothing matches, which is an answer like any other. */
function isNothing(error: Error): boolean {
  return error instanceof JetStreamError && (error as { code?: unknown }).code === 404;
}
