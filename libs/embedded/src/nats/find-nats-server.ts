import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { meetsNatsFloor, NATS_FLOOR } from '@edgeflow/contracts';
import { findProgram, type FindOptions } from '../debian/find-program.js';

const run = promisify(execFile);

/**
 * A nats-server that meets the floor: `NATS_SERVER_BIN`, else from PATH, else from the project's cache, else fetched from Debian.
 * @returns the path of the binary
 * @throws Error of one line that names NATS_SERVER_BIN when there is none and none can be fetched
 */
export function findNatsServer(options: FindOptions = {}): Promise<string> {
  const [name, variable] = ['nats-server', 'NATS_SERVER_BIN'];
  return findProgram({ name, variable, floor: NATS_FLOOR, meetsFloor: meetsNatsFloor, versionOf }, options);
}

async function versionOf(bin: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(bin, ['--version']);
    return /^nats-server: v(\d+\.\d+\.\d+(-\S+)?)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
