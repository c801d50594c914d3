import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What standalone says of itself in `$EDGEFLOW_HOME/endpoints.json` while it runs, as far as the command line asks. */
export interface Endpoints {
  origin: string;
  ca: string;
  tokens: string;
  database_url?: string;
  nats_url?: unknown;
  nats_ca?: unknown;
  nats_users?: unknown;
  nats_api_prefix?: unknown;
}

/** The file in which standalone says where it is. */
export function endpointsFile(env: NodeJS.ProcessEnv): string {
  return join(resolve(env['EDGEFLOW_HOME'] || '.edgeflow'), 'endpoints.json');
}

/** What is in it; undefined when no standalone runs from there, whatever is wrong with the file. */
export async function endpointsIn(env: NodeJS.ProcessEnv): Promise<Endpoints | undefined> {
  try {
    return JSON.parse(await readFile(endpointsFile(env), 'utf8')) as Endpoints;
  } catch {
    return undefined;
  }
}
