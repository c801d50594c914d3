import type { Connection } from '../connection/connection.js';
import { STREAM, stateOf } from '../connection/stream.js';

/** What a reader of the log has before it. */
export interface Waiting {
  /** The first position that is for it. */
  first: number;
  /** Events from there on to the end of the log, at most: others may lie between. */
  events: number;
}

/**
 * What there is behind a position of subjects that a reader wants, by what is stored and not by what a consumer says of itself: its
 * acknowledgements can move by themselves, and stand still while a handler fails. An event whose time to live ran out does not count.
 * @throws Refused `log-unavailable`
 */
export async function waitingFor(
  connection: Connection,
  filters: readonly string[],
  position: number,
): Promise<Waiting | undefined> {
  const { last } = await stateOf(connection);
  if (last <= position) return undefined;
  const { direct } = connection.manager;
  const found = await Promise.all(
    filters.map((next_by_subj) => connection.ask(() => direct.getMessage(STREAM, { seq: position + 1, next_by_subj }))),
  );
  const first = Math.min(...found.flatMap((message) => (message ? [message.seq] : [])));
  return Number.isFinite(first) ? { first, events: Math.max(1, last - first + 1) } : undefined;
}
