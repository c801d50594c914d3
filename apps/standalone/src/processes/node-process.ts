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

/** A Node program that runs, with our end of its channel. */
export interface NodeProcess extends Running {
  /** Says something to it; to one that has ended, in vain. */
  tell(message: object): void;
  /** Settles with true at its first word, with false when it ends without one. */
  spoke: Promise<boolean>;
}

/** How long a program may take to finish what it has begun before it is killed, in milliseconds. */
const STOP_MS = 10_000;

/**
 * Runs a Node program as a child with an IPC channel: when we are gone, however that came, the channel closes and the
 * program stops by itself. What it writes goes to its log.
 */
export async function startNodeProcess(program: NodeProgram, log: ProcessLog): Promise<NodeProcess> {
  const { entry, args = [], imports = [], cwd, env } = program;
  const child = spawn(process.execPath, [...imports.flatMap((module) => ['--import', module]), entry, ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we say in which order things stop.
    detached: true,
  });
  const exited = exitOf(child);
  const spoke = Promise.race([once(child, 'message').then(() => true), exited.then(() => false)]);
  follow(child.stdout, log);
  follow(child.stderr, log);
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    exited,
    spoke,
    tell: (message) => tell(child, message),
    stop: () => stop(child, exited),
  };
}

/** A channel that breaks under a message is no error: the end of the program says the same. */
function tell(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

/** Whoever still runs when we end, ends with us. */
const children = new Set<ChildProcess>();
process.once('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function exitOf(child: ChildProcess): Promise<Exit> {
  children.add(child);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      children.delete(child);
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
