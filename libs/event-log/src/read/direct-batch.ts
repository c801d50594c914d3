import { errors } from '@nats-io/nats-core';
import { JetStreamError, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { STREAM } from '../connection/stream.js';

/** Messages of a subject from a position on, or the last ones of every subject that matches. */
export type DirectQuery = { seq: number; next_by_subj: string; batch: number } | { multi_last: string[] };

/** An answer that stops coming would otherwise be waited for without end: the connection may go in the middle, in milliseconds. */
const TIMEOUT_MS = 10_000;

/**
 * A direct get of several messages. With a callback, since the client's iterator never gives its subscription back
 * (@nats-io/jetstream 3.4.0).
 */
export function directBatch({ direct }: JetStreamManager, query: DirectQuery, stream = STREAM): Promise<StoredMsg[]> {
  return new Promise((resolve, reject) => {
    const messages: StoredMsg[] = [];
    let timer: NodeJS.Timeout | undefined;
    const callback = (done: { err?: Error } | null, message: StoredMsg): void => {
      if (!done) return void messages.push(message);
      clearTimeout(timer);
      if (done.err && !isNothing(done.err)) reject(done.err);
      else resolve(messages);
    };
    const answer =
      'seq' in query
        ? direct.getBatch(stream, { ...query, callback })
        : direct.getLastMessagesFor(stream, { ...query, callback });
    answer.then((iterator) => {
      timer = setTimeout(() => iterator.stop(new errors.TimeoutError()), TIMEOUT_MS);
    }, reject);
  });
}

/** "404 Message Not Found": nothing matches, which is an answer like any other. */
function isNothing(error: Error): boolean {
  return error instanceof JetStreamError && (error as { code?: unknown }).code === 404;
}
