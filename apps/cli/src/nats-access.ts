import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { natsAccess, type EventLogOptions } from '@edgeflow/event-log';

/** Where NATS is, and as whom it is asked. */
export type Access = Omit<EventLogOptions, 'name'>;

/** What standalone says in its `endpoints.json`. */
interface Endpoints {
  nats_url?: unknown;
  nats_ca?: unknown;
  nats_users?: unknown;
  nats_api_prefix?: unknown;
}

/**
 * Where NATS is: what was given, else `NATS_URL`, each with `NATS_USER`, `NATS_PASSWORD`, `NATS_CA_FILE` and `NATS_API_PREFIX`; else what
 * standalone says in its home while it runs, as the user that only reads.
 * @throws Error of one line when nobody says it
 */
export async function accessTo(given: string | undefined, env: NodeJS.ProcessEnv): Promise<Access> {
  const servers = given ?? (env['NATS_URL'] || undefined);
  if (servers !== undefined) return { servers, ...natsAccess(env) };
  const file = join(resolve(env['EDGEFLOW_HOME'] || '.edgeflow'), 'endpoints.json');
  try {
    const access = await readerOf(JSON.parse(await readFile(file, 'utf8')) as Endpoints);
    if (access) return access;
  } catch {
    // Said below: whatever is wrong with the file, standalone does not run from there.
  }
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
