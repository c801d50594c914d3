import { Conflict, type AlreadyAppended } from '../errors.js';

/** How the parts of a batch go on that was refused. */
export interface SplitBatch<T> {
  /** Their streams have moved on: they are for their authors to decide again. */
  moved: readonly T[];
  /** What can still be stored, as batches. */
  again: readonly (readonly T[])[];
}

/**
 * Takes a batch of many authors asunder that was refused since a stream had moved on. The log says which ones, so all others go together once
 * more: each by itself would take the server a hundred times as long, and everybody behind them would wait for it. Where it does not say
 * which of them it was, in halves.
 * @param parts two or more
 * @param streamsOf the streams of a part, by `streamSubject`
 */
export function splitRefused<T>(
  parts: readonly T[],
  error: Conflict | AlreadyAppended,
  streamsOf: (part: T) => readonly string[],
): SplitBatch<T> {
  const named = new Set(error instanceof Conflict ? error.streams : []);
  const { moved = [], rest = [] } = Object.groupBy(parts, (part) =>
    streamsOf(part).some((stream) => named.has(stream)) ? 'moved' : 'rest',
  );
  if (moved.length > 0 && rest.length > 0) return { moved, again: [rest] };
  const middle = Math.ceil(parts.length / 2);
  return { moved: [], again: [parts.slice(0, middle), parts.slice(middle)] };
}
