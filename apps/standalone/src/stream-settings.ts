import { ConfigError, variablesIn, type Environment } from '@edgeflow/configuration';
import { isToken } from '@edgeflow/contracts';
import type { EventLogOptions } from '@edgeflow/event-log';

/** What the environment says of the streams. @throws ConfigError that names a wrong variable */
export function streamSettings(env: Environment): Pick<EventLogOptions, 'replicas' | 'max_bytes'> {
  const max_bytes = wholeNumber(env, 'EVENT_LOG_MAX_BYTES');
  return { replicas: wholeNumber(env, 'EVENT_LOG_REPLICAS') ?? 1, ...(max_bytes !== undefined && { max_bytes }) };
}

/** The organizations whose teams get an inbox, of `INBOX_ORGS`. @throws ConfigError when one is no legal id */
export function inboxOrganizations(env: Environment): string[] {
  const { INBOX_ORGS = '' } = variablesIn(env, ['INBOX_ORGS']);
  const named = INBOX_ORGS.split(',')
    .map((org) => org.trim())
    .filter((org) => org !== '');
  if (named.every(isToken)) return named;
  throw new ConfigError(['INBOX_ORGS is wrong: must be ids of organizations, separated by commas']);
}

function wholeNumber(env: Environment, name: string): number | undefined {
  const text = variablesIn(env, [name])[name];
  if (text === undefined) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new ConfigError([`${name} is wrong: must be a whole number above 0`]);
  return Number(text);
}
