import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { natsAccess, natsServers, type EventLogOptions } from '@edgeflow/event-log';
import { endpointsFile, endpointsIn, type Endpoints } from './endpoints.js';

/** Where NATS is, and as whom it is asked. */
export type Access = Omit<EventLogOptions, 'name'>;

/**
 * Where NATS is: what was given, else `NATS_URL`, each with `NATS_USER`, `NATS_PASSWORD`, `NATS_CA_FILE` and `NATS_API_PREFIX`; else what
 * standalone says in its home while it runs, as the user that only reads.
 * @throws Error of one line when nobody says it
 */
export async function accessTo(given: string | undefined, env: NodeJS.ProcessEnv): Promise<Access> {
  const servers = given ?? natsServers(env);
  if (servers !== undefined) return { servers, ...natsAccess(env) };
  const endpoints = await endpointsIn(env);
  // What cannot be read is said below like what is not there: either way standalone does not run from there.
  const access = endpoints && (await readerOf(endpoints).catch(() => undefined));
  if (access) return access;
  const file = endpointsFile(env);
  throw new Error(`nobody says where NATS is: give --nats or NATS_URL, or start standalone (no nats_url in ${file})`);
}

async function readerOf({ nats_url, nats_ca, nats_users, nats_api_prefix }: Endpoints): Promise<Access | undefined> {
  if (typeof nats_url !== 'string') return undefined;
  // A server that somebody else runs: standalone knows no users of it.
  if (typeof nats_users !== 'string') return { servers: nats_url };
  return {
    servers: (await readFile(join(nats_users, 'reader.url'), 'utf8')).trim(),
    ...natsAccess({
      ...(typeof nats_ca === 'string' && { NATS_CA_FILE: nats_ca }),
      ...(typeof nats_api_prefix === 'string' && { NATS_API_PREFIX: nats_api_prefix }),
    }),
  };
}
