import { ServerTooOld } from '../errors.js';

/** The first server with atomic batches, expectations over a wildcard and scheduled messages. */
const FLOOR = { major: 2, minor: 12 };

/**
 * An older server would store what it does not understand without its guard, so it is refused (2.9 ignores a wildcard
 * expectation silently).
 * @throws ServerTooOld
 */
export function checkServerVersion(version: string, address: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > FLOOR.major || (major === FLOOR.major && minor >= FLOOR.minor)) return;
  throw new ServerTooOld(version || 'of unknown version', address);
}
