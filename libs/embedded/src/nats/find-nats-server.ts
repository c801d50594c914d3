import { meetsNatsFloor, NATS_FLOOR } from '@edgeflow/contracts';
import { findProgram, type FindOptions } from '../debian/find-program.js';
import { natsVersionOf } from './nats-version.js';

/**
 * A nats-server that meets the floor: `NATS_SERVER_BIN`, else from PATH, else from the project's cache, else fetched from Debian.
 * @returns the path of the binary
 * @throws Error of one line that names NATS_SERVER_BIN when there is none and none can be fetched
 */
export function findNatsServer(options: FindOptions = {}): Promise<string> {
  const program = {
    name: 'nats-server',
    variable: 'NATS_SERVER_BIN',
    floor: NATS_FLOOR,
    meetsFloor: meetsNatsFloor,
    versionOf: natsVersionOf,
  };
  return findProgram(program, options);
}
