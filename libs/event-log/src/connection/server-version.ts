import { meetsNatsFloor } from '@edgeflow/contracts';
import { ServerTooOld } from '../errors.js';

/**
 * An older server would store what it does not understand without its guard (2.9 ignores a wildcard expectation silently), or let
 * somebody do what its rights deny, so it is refused.
 * @throws ServerTooOld
 */
export function checkServerVersion(version: string, address: string): void {
  if (!meetsNatsFloor(version)) throw new ServerTooOld(version || 'of unknown version', address);
}
