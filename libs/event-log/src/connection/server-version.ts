import { meetsNatsFloor } from '@edgeflow/contracts';
import { ServerTooOld } from '../errors.js';

/**
 * An older server would store what it does not understand without its guard (2.9 ignores a wildcard expectation silently), or let
 * somebody do what its rights deny, so it is refused.
 * @returns undefined for one that is new enough
 */
export function tooOld(version: string | undefined, address: string): ServerTooOld | undefined {
  return meetsNatsFloor(version ?? '') ? undefined : new ServerTooOld(version || 'of unknown version', address);
}
