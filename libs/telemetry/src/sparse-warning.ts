import type { Clock } from '@edgeflow/runtime';
import { logger } from './logger.js';

/** The same warning comes again after so long at the earliest, in milliseconds. */
const AGAIN_MS = 60_000;
/** So many different ones are remembered; the oldest is said again then. */
const REMEMBERED = 1_000;

interface Warned {
  at: number;
  /** How often it would have been said since. */
  kept_back: number;
}

const said = new Map<string, Warned>();

/** @param what tells warnings apart, e.g. the name of a follower */
type Say = (what: string, about: object, message: string, clock: Pick<Clock, 'steady_ms'>) => void;

const sparsely =
  (level: 'warn' | 'error'): Say =>
  (what, about, message, clock) => {
    const now = clock.steady_ms();
    const key = `${message} ${what}`;
    const last = said.get(key);
    if (last && now - last.at < AGAIN_MS) {
      last.kept_back += 1;
      return;
    }
    said.delete(key);
    said.set(key, { at: now, kept_back: 0 });
    const [oldest] = said.keys();
    if (said.size > REMEMBERED && oldest !== undefined) said.delete(oldest);
    logger[level](last && last.kept_back > 0 ? { ...about, kept_back: last.kept_back } : about, message);
  };

/** Warns of what fails again and again while something is away: once, then at most once a minute, with how often it happened meanwhile. */
export const warnSparsely = sparsely('warn');

/** The same as an error: somebody has to look, and is told no more by every further try. */
export const errorSparsely = sparsely('error');
