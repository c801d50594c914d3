import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { meetsNatsFloor, NATS_FLOOR } from '@edgeflow/contracts';
import { Locked, underLock } from '../process/lock-file.js';
import { fetchNatsServer } from './fetch-nats-server.js';
import { natsVersionOf } from './nats-version.js';

/** The project's cache: it goes when node_modules goes, and `npm ci` brings a clean one. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/edgeflow/', import.meta.url));
/** A fetch takes seconds; a stuck mirror may take this long, in milliseconds. */
const FETCH_WAIT_MS = 300_000;

export interface FindOptions {
  env?: NodeJS.ProcessEnv;
  /** Where a fetched server is kept. */
  cache?: string;
}

/**
 * A nats-server that meets the floor: `NATS_SERVER_BIN`, else from PATH (an older one there is passed over), else from the
 * project's cache, else fetched from Debian into the cache.
 * @returns the path of the binary
 * @throws Error of one line that names NATS_SERVER_BIN when there is none and none can be fetched
 */
export async function findNatsServer({ env = process.env, cache = CACHE }: FindOptions = {}): Promise<string> {
  const stated = env['NATS_SERVER_BIN'];
  if (stated) return checked(stated);
  const cached = join(cache, 'nats-server');
  const found = await firstUsable([...onPath(env['PATH'] ?? ''), cached]);
  return found ?? fetchOnce(cache, cached);
}

async function checked(bin: string): Promise<string> {
  const version = await natsVersionOf(bin);
  if (meetsNatsFloor(version)) return bin;
  const is = version ? `version ${version}` : 'no nats-server that runs here';
  throw new Error(`NATS_SERVER_BIN=${bin} is ${is}; ${NATS_FLOOR} is needed`);
}

async function firstUsable(bins: readonly string[]): Promise<string | undefined> {
  for (const bin of bins) if (meetsNatsFloor(await natsVersionOf(bin))) return bin;
  return undefined;
}

function onPath(path: string): string[] {
  return path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, 'nats-server'));
}

/** Fetches into the cache; whoever waited for another's fetch finds its result. */
async function fetchOnce(cache: string, cached: string): Promise<string> {
  try {
    await mkdir(cache, { recursive: true });
    return await underLock(join(cache, 'nats-server.lock'), FETCH_WAIT_MS, async () => {
      return (await firstUsable([cached])) ?? (await fetchNatsServer(cached));
    });
  } catch (cause) {
    const why = cause instanceof Locked ? `process ${cause.pid} is fetching it and does not end` : messageOf(cause);
    throw new Error(
      `no nats-server of ${NATS_FLOOR} on PATH, and it could not be fetched (${why}); set NATS_SERVER_BIN to one`,
      { cause },
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
