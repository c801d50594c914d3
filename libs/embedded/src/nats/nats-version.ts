import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The oldest server that will do: atomic batches, expectations over wildcards, scheduled messages (DESIGN.md section 2). */
export const NATS_FLOOR = '2.12';

/** The version a nats-server binary states, e.g. `2.15.1`; undefined when it is no such binary or cannot be run. */
export async function natsVersionOf(bin: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(bin, ['--version']);
    return /^nats-server: v(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** True when `version` is at least the floor. */
export function meetsFloor(version: string | undefined): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = NATS_FLOOR.split('.').map(Number);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}
