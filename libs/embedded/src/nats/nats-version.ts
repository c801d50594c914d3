import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The version a nats-server binary states, e.g. `2.15.1`; undefined when it is no such binary or cannot be run. */
export async function natsVersionOf(bin: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(bin, ['--version']);
    return /^nats-server: v(\d+\.\d+\.\d+(-\S+)?)/.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}
