import { isToken } from '@edgeflow/contracts';
import type { EventLogOptions } from '@edgeflow/event-log';

/** What the environment says of the streams. @throws Error of one line that names a wrong variable */
export function streamSettings(env: NodeJS.ProcessEnv): Pick<EventLogOptions, 'replicas' | 'max_bytes'> {
  const max_bytes = wholeNumber(env, 'EVENT_LOG_MAX_BYTES');
  return { replicas: wholeNumber(env, 'EVENT_LOG_REPLICAS') ?? 1, ...(max_bytes !== undefined && { max_bytes }) };
}

/** The organizations whose teams get an inbox, of `INBOX_ORGS`. @throws Error of one line when one is no legal id */
export function inboxOrganizations(env: NodeJS.ProcessEnv): string[] {
  const orgs = (env['INBOX_ORGS'] ?? '').split(',').map((org) => org.trim());
  const named = orgs.filter((org) => org !== '');
  if (!named.every(isToken)) throw new Error('INBOX_ORGS must be ids of organizations, separated by commas');
  return named;
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name]?.trim();
  if (!text) return undefined;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} must be a whole number above 0`);
  return Number(text);
}
