import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Exit } from '@edgeflow/embedded';
import type { ProcessLog } from '../console/process-log.js';
import type { Running } from './supervised.js';

export interface NodeProgram {
  /** The script to run. */
  entry: string;
  args?: readonly string[];
  /** Modules to load first (`--import`). */
  imports?: readonly string[];
  /** Its working directory; bare module names resolve from here. */
  cwd: string;
  env: NodeJS.ProcessEnv;
}

/** How long a program may take to finish what it has begun before it is killed, in milliseconds. */
const STOP_MS = 10_000;

/**
 * Runs a Node program as a child with an IPC channel: when we are gone, however that came, the channel closes and the
 * program stops by itself. What it writes goes to its log.
 */
export async function startNodeProcess(program: NodeProgram, log: ProcessLog): Promise<Running> {
  const { entry, args = [], imports = [], cwd, env } = program;
  const child = spawn(process.execPath, [...imports.flatMap((module) => ['--import', module]), entry, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we say in which order things stop.
    detached: true,
  });
  const exited = exitOf(child);
  follow(child.stdout, log);
  follow(child.stderr, log);
  await once(child, 'spawn');
  return { pid: child.pid ?? 0, exited, stop: () => stop(child, exited) };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      process.removeListener('exit', kill);
      resolve({ code, signal });
    });
  });
}

function follow(stream: Readable | null, log: ProcessLog): void {
  if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => log.write(line));
}

async function stop(child: ChildProcess, exited: Promise<Exit>): Promise<void> {
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(late);
}
