import { ConfigError } from '@edgeflow/configuration';

/** What to look at when a socket cannot be opened; a port that is taken is no fault of the configuration, it may be free in a moment. */
const FAULTS: ReadonlyMap<unknown, string> = new Map([
  ['ENOTFOUND', 'HOST is wrong: no address of that name'],
  ['EADDRNOTAVAIL', 'HOST is wrong: no address of this machine'],
  ['EINVAL', 'HOST is wrong: no address of this machine'],
  ['EACCES', 'PORT is wrong: this user may not listen there'],
]);

/** The error of `listen` as one that names the variable, where it is one's fault; any other as it is. */
export function asListenFault(error: unknown): unknown {
  const fault = FAULTS.get((error as { code?: unknown }).code);
  return fault === undefined ? error : new ConfigError([fault]);
}
