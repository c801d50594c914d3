import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Where NATS is: what was given, else `NATS_URL`, else what standalone says in its home while it runs.
 * @throws Error of one line when nobody says it
 */
export async function natsUrl(given: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const said = given ?? (env['NATS_URL'] || undefined);
  if (said !== undefined) return said;
  const file = join(resolve(env['EDGEFLOW_HOME'] || '.edgeflow'), 'endpoints.json');
  try {
    const { nats_url } = JSON.parse(await readFile(file, 'utf8')) as { nats_url?: unknown };
    if (typeof nats_url === 'string') return nats_url;
  } catch {
    // Said below: whatever is wrong with the file, standalone does not run from there.
  }
  throw new Error(`nobody says where NATS is: give --nats or NATS_URL, or start standalone (no nats_url in ${file})`);
}
