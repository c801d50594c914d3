import { mkdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Locked, underLock } from '@edgeflow/configuration/lock-file';
import { systemClock } from '@edgeflow/runtime';
import { fetchProgram, type WantedProgram } from './fetch-program.js';

/** The project's cache: it goes when node_modules goes, and `npm ci` brings a clean one. */
const CACHE = fileURLToPath(new URL('../../../../node_modules/.cache/edgeflow/', import.meta.url));
/** A fetch takes seconds; a stuck mirror may take this long, in milliseconds. */
const FETCH_WAIT_MS = 300_000;

export interface FindOptions {
  env?: NodeJS.ProcessEnv;
  /** Where a fetched program is kept. */
  cache?: string;
}

/**
 * A program that meets its floor: the one that its variable names, else from PATH (an older one there is passed over), else from the
 * project's cache, else fetched from Debian into the cache.
 * @returns the path of the binary
 * @throws Error of one line that names the variable when there is none and none can be fetched
 */
export async function findProgram(
  program: WantedProgram,
  { env = process.env, cache = CACHE }: FindOptions = {},
): Promise<string> {
  const stated = env[program.variable];
  if (stated) return checked(program, stated);
  const cached = join(cache, program.name);
  const found = await firstUsable(program, [...onPath(env['PATH'] ?? '', program.name), cached]);
  return found ?? fetchOnce(program, cache, cached);
}

async function checked({ name, variable, floor, meetsFloor, versionOf }: WantedProgram, bin: string): Promise<string> {
  const version = await versionOf(bin);
  if (meetsFloor(version)) return bin;
  const is = version ? `version ${version}` : `no ${name} that runs here`;
  throw new Error(`${variable}=${bin} is ${is}; ${floor} is needed`);
}

async function firstUsable(
  { meetsFloor, versionOf }: WantedProgram,
  bins: readonly string[],
): Promise<string | undefined> {
  for (const bin of bins) if (meetsFloor(await versionOf(bin))) return bin;
  return undefined;
}

function onPath(path: string, name: string): string[] {
  return path
    .split(delimiter)
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name));
}

/** Fetches into the cache; whoever waited for another's fetch finds its result. */
async function fetchOnce(program: WantedProgram, cache: string, cached: string): Promise<string> {
  const { name, floor, variable } = program;
  try {
    await mkdir(cache, { recursive: true });
    const there = async (): Promise<string> =>
      (await firstUsable(program, [cached])) ?? (await fetchProgram(program, cached));
    return await underLock(join(cache, `${name}.lock`), FETCH_WAIT_MS, there, systemClock);
  } catch (cause) {
    const { message } = cause as Error;
    const why = cause instanceof Locked ? `process ${cause.pid} is fetching it and does not end` : message;
    throw new Error(`no ${name} of ${floor} on PATH, and it could not be fetched (${why}); set ${variable} to one`, {
      cause,
    });
  }
}
