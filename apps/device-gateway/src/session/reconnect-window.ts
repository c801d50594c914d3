import type { Welcome } from '@edgeflow/contracts';
import type { Crowd } from './awaited-welcomes.js';

/** In which window, in seconds, a device is to choose its time to come back. */
export type ReconnectWindow = Welcome['reconnect'];

/**
 * A gateway on one core admits some 150 to 200 devices a second; above that they run out of patience, come again and make it
 * worse. A third of it, since whoever joined while there were few devices was told of a short window: of ten thousand that
 * are lost at once, about three times this rate comes in the first half-minute.
 */
const RECONNECTS_PER_S = 50;
const SHARE = 1 / 3;
/** However slow it is, in devices a second: of 18,000 the last comes within the hour that a device keeps away at most. */
const SLOWEST_PER_S = 5;
/** So long the oldest of those that wait has to wait, in seconds, for their number to say something. */
const TELLING_S = 1;

/**
 * The configured window, made longer when so many sessions are open that their devices would come back as a stampede.
 * @param crowd many that wait for a welcome: where that takes its time, it says how fast devices are let in now
 */
export function reconnectWindow({ min_s, max_s }: ReconnectWindow, sessions: number, crowd?: Crowd): ReconnectWindow {
  const per_s = crowd ? rateOf(crowd) : RECONNECTS_PER_S;
  return { min_s, max_s: Math.max(max_s, min_s + Math.ceil(sessions / per_s)) };
}

/** As many as wait now came in the time that the oldest of them waits (J. Little, "A Proof for the Queuing Formula L = λW", 1961). */
function rateOf({ waiting, oldest_s }: Crowd): number {
  if (oldest_s < TELLING_S) return RECONNECTS_PER_S;
  return Math.min(RECONNECTS_PER_S, Math.max(SLOWEST_PER_S, (SHARE * waiting) / oldest_s));
}
