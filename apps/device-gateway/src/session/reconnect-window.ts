import type { Welcome } from '@edgeflow/contracts';

/** In which window, in seconds, a device is to choose its time to come back. */
export type ReconnectWindow = Welcome['reconnect'];

/**
 * A gateway on one core admits some 150 to 200 devices a second; above that they run out of patience, come again and make it
 * worse. A third of it, since whoever joined while there were few devices was told of a short window: of ten thousand that
 * are lost at once, about three times this rate comes in the first half-minute.
 */
const RECONNECTS_PER_S = 50;

/** The configured window, made longer when so many sessions are open that their devices would come back as a stampede. */
export function reconnectWindow({ min_s, max_s }: ReconnectWindow, sessions: number): ReconnectWindow {
  return { min_s, max_s: Math.max(max_s, min_s + Math.ceil(sessions / RECONNECTS_PER_S)) };
}
