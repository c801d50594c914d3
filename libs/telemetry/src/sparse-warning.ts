import { logger } from './logger.js';

/** The same warning comes again after so long at the earliest, in milliseconds. */
const AGAIN_MS = 60_000;
/** So many different ones are remembered; the oldest is said again then. */
const REMEMBERED = 1_000;

interface Said {
  at: number;
  /** How often it would have been said since. */
  kept_back: number;
}

const said = new Map<string, Said>();

/**
 * Warns of what fails again and again while something is away: once, then at most once a minute, with how often it happened meanwhile.
 * @param what tells warnings apart, e.g. the name of a follower
 */
export function warnSparsely(what: string, about: object, message: string, now = performance.now()): void {
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
  logger.warn(last && last.kept_back > 0 ? { ...about, kept_back: last.kept_back } : about, message);
}
