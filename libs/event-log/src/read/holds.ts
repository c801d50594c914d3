import type { Clock } from '@edgeflow/runtime';
import type { EventLog } from '../event-log.js';
import { isMarkOf, type Marked } from './mark.js';

/**
 * A replica of the JetStream stream may be behind its leader: so often it is looked again, each time after so many milliseconds. Who gave up
 * sooner would say of a good log that it has lost its end.
 */
const LOOK_AGAIN_MS = 500;
const LOOKS = 8;

/**
 * What is read, from a replica that has it by then; undefined when none of those that were asked has.
 * @param looks how often it is asked at most, each time half a second later; default: for four seconds
 * @throws what `read` throws
 */
export async function untilSeen<T>(
  read: () => Promise<T | undefined>,
  clock: Clock,
  looks = LOOKS,
): Promise<T | undefined> {
  for (let look = 1; ; look++) {
    const found = await read();
    if (found !== undefined || look >= looks) return found;
    await clock.sleep(LOOK_AGAIN_MS);
  }
}

/**
 * True when an event that never leaves the log stands where it was stored; false when the log has lost its tail since (ADR 0027), which it
 * takes four seconds to be sure of. Of presence, whose lease may have run out, only another event at its position says so.
 * @throws Refused `log-unavailable`
 */
export async function holds(log: Pick<EventLog, 'markAt'>, { position, mark }: Marked, clock: Clock): Promise<boolean> {
  const found = await untilSeen(() => log.markAt(position), clock);
  return found !== undefined && isMarkOf(mark, found);
}
