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
 * True when an event that never leaves the log stands where it was stored; false when the log has lost its tail since (ADR 0027), which it
 * takes four seconds to be sure of. Of presence, whose lease may have run out, only another event at its position says so.
 * @throws Refused `log-unavailable`
 */
export async function holds(log: Pick<EventLog, 'markAt'>, { position, mark }: Marked, clock: Clock): Promise<boolean> {
  for (let look = 1; ; look++) {
    const found = await log.markAt(position);
    if (found !== undefined || look === LOOKS) return found !== undefined && isMarkOf(mark, found);
    await clock.sleep(LOOK_AGAIN_MS);
  }
}

/**
 * The first event at a position or behind it, from a replica that is that far; undefined where none of those that were asked has any.
 * @param looks how often it is asked at most, each time half a second later; default: for as long as `holds` does
 * @throws Refused `log-unavailable`
 */
export async function firstFrom(
  log: Pick<EventLog, 'nextMark'>,
  position: number,
  clock: Clock,
  looks = LOOKS,
): Promise<Marked | undefined> {
  for (let look = 1; ; look++) {
    const found = await log.nextMark(position);
    if (found || look >= looks) return found;
    await clock.sleep(LOOK_AGAIN_MS);
  }
}
