import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { runningChild, type Running } from '@edgeflow/embedded';
import type { ProcessLog } from '../console/process-log.js';

export interface NodeProgram {
  /** The script to run. */
  entry: string;
  args?: readonly string[];
  /** Modules to load first (`--import`). */
  imports?: readonly string[];
  /** Its working directory; bare module names resolve from here. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** It says when it is ready, and in so many milliseconds. */
  ready_ms?: number;
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
 * glibc gives each thread an arena of its own, up to eight for each core, and keeps what is freed in it: a gateway that 1,000 devices had connected to three times held 255 MB
 * so, and 55 MB with two arenas (mallopt(3), M_ARENA_MAX). It has to be said before the process begins.
 */
const FEW_ARENAS = { MALLOC_ARENA_MAX: '2' };

/**
 * Runs a Node program as a child with an IPC channel: when we are gone, however that came, the channel closes and the
 * program stops by itself. What it writes goes to its log.
 */
export async function startNodeProcess(program: NodeProgram, log: ProcessLog): Promise<NodeProcess> {
  const { entry, args = [], imports = [], cwd, env } = program;
  const child = spawn(process.execPath, [...imports.flatMap((module) => ['--import', module]), entry, ...args], {
    cwd,
    env: { ...FEW_ARENAS, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C in the terminal reaches us alone, and we say in which order things stop.
    detached: true,
  });
  const running = runningChild(child, { stop_signal: 'SIGTERM', stop_ms: STOP_MS, exit_signal: 'SIGKILL' });
  const word = once(child, 'message').then(
    () => true,
    () => false,
  );
  follow(child.stdout, log);
  follow(child.stderr, log);
  const { pid, exited, stop } = await running;
  const spoke = Promise.race([word, exited.then(() => false)]);
  return { pid, exited, stop, spoke, tell: (message) => tell(child, message) };
}

/** A channel that breaks under a message is no error: the end of the program says the same. */
function tell(child: ChildProcess, message: object): void {
  if (child.connected) child.send(message, () => undefined);
}

function follow(stream: Readable | null, log: ProcessLog): void {
  if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => log.write(line));
}
