import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { holds, isMarkOf, markOf, untilSeen, type EventLog, type LogState } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import type { FoldAlarm, FoldCheckpoint } from './checkpoint.js';

/** An event by where it stands: what the checkpoint keeps to know its log again. */
export type Marks = Pick<FoldCheckpoint, 'position' | 'event_id' | 'lasting_position' | 'lasting_id'>;

/** Presence is a lease and leaves the log (ADR 0020): that it is not there says nothing. */
const LEASED: readonly string[] = ['DeviceConnected', 'DeviceDisconnected'];

/** In a beat nobody waits longer than that for it: a second. */
const LOOKS_IN_A_BEAT = 3;

/** What the checkpoint keeps after these events. @param end the last position of them */
export function marksAt(end: number, events: readonly StoredEvent[], unread: readonly UnreadEvent[]): Partial<Marks> {
  const last = [...events, ...unread].find(({ position }) => position === end);
  const lasting = events.findLast(({ type }) => !LEASED.includes(type));
  return {
    ...{ position: end, event_id: last?.id ? markOf(last) : null },
    ...(lasting && { lasting_position: lasting.position, lasting_id: markOf(lasting) }),
  };
}

/**
 * Compares a checkpoint with the log that is there now.
 * @param seen what the log held before the checkpoint was read: only what it holds now says that it is not that far
 * @returns why the rows cannot come from it; undefined when they do
 * @throws Refused `log-unavailable`
 */
export async function divergence(
  log: Pick<EventLog, 'state' | 'markAt' | 'nextMark'>,
  { stream_created, position, event_id, lasting_position, lasting_id }: Marks & Pick<FoldCheckpoint, 'stream_created'>,
  clock: Clock,
  seen?: LogState,
): Promise<FoldAlarm | undefined> {
  const isThat = seen?.created === stream_created && position <= seen.last;
  const stream = isThat ? seen : await log.state();
  if (stream_created !== stream.created) return 'stream-recreated';
  if (position > stream.last) return 'checkpoint-ahead';
  const here = event_id === null ? undefined : await log.markAt(position);
  if (event_id !== null && here !== undefined && !isMarkOf(event_id, here)) return 'checkpoint-ahead';
  if (event_id !== null && here === undefined && position !== lasting_position) {
    // Presence whose lease is over; or another event stands there, and who answers is behind.
    const next = await untilSeen(() => log.nextMark(position), clock, seen && LOOKS_IN_A_BEAT);
    if (next?.position === position && !isMarkOf(event_id, next.mark)) return 'checkpoint-ahead';
  }
  if (lasting_position === null || lasting_id === null) return undefined;
  // Mostly it is the same one, and was just found.
  if (lasting_position === position && here !== undefined && isMarkOf(lasting_id, here)) return undefined;
  const isThere = await holds(log, { position: lasting_position, mark: lasting_id }, clock);
  return isThere ? undefined : 'checkpoint-ahead';
}
