import { spawn } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { commandLineOf, identityOf, isAlive } from '@edgeflow/configuration/process-table';
import { systemClock } from '@edgeflow/runtime';
import { readIfThereSync } from '../files/durable-files.js';
import { runningChild, type Running } from './running-child.js';

export interface ServerCommand {
  /** What it is called in messages, e.g. `nats-server`. */
  name: string;
  command: string;
  args: readonly string[];
  /** The server's own directory; its command line names it, which is how a left-over server is recognised. */
  dir: string;
  /** What asks the server to stop at once but cleanly. */
  stop_signal: NodeJS.Signals;
  uid?: number;
  gid?: number;
  env?: NodeJS.ProcessEnv;
}

/** A server that was started and is ready. */
export interface RunningServer extends Running {
  url: string;
  port: number;
}

/** How long a server may take to stop before it is killed, in milliseconds. */
const STOP_MS = 15_000;
const { sleep, steady_ms } = systemClock;

/**
 * Starts a server as a child process, after it has stopped a left-over one of the same directory, and waits until `probe` gives a value.
 * Its output goes to `<dir>/server.log` and its pid to `<dir>/server.pid`, so that the next start can stop what a kill -9 of this process
 * leaves behind.
 * @throws Error when the command cannot be run; with the last lines of the server's log when it ends first or `ready_ms` is over
 */
export async function startServer<T>(
  server: ServerCommand,
  probe: (pid: number) => Promise<T | undefined>,
  ready_ms: number,
): Promise<Running & { found: T }> {
  await stopLeftover(server);
  const running = await begin(server);
  let ended = false;
  void running.exited.then(() => (ended = true));
  for (const until = steady_ms() + ready_ms; !ended && steady_ms() < until; await sleep(25)) {
    const found = await probe(running.pid);
    if (found !== undefined) return { ...running, found };
  }
  const why = ended ? 'ended while it started' : `was not ready after ${ready_ms / 1000} s`;
  await running.stop();
  throw new Error(`${server.name} ${why}: ${lastLines(server.dir)}`);
}

async function begin({ command, args, dir, stop_signal, uid, gid, env }: ServerCommand): Promise<Running> {
  const log = openSync(logOf(dir), 'a', 0o600);
  try {
    // A process group of its own: Ctrl-C in the terminal reaches us alone, and we stop the servers last.
    const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, uid, gid, env });
    const running = await runningChild(child, { stop_signal, stop_ms: STOP_MS, exit_signal: stop_signal });
    writeFileSync(pidFileOf(dir), String(running.pid), { mode: 0o600 });
    const stop = (): Promise<void> => running.stop().then(() => rmSync(pidFileOf(dir), { force: true }));
    return { ...running, stop };
  } finally {
    closeSync(log);
  }
}

/** Stops, by its pid, a server of this directory whose parent was killed. A pid that now is another process is left alone. */
async function stopLeftover({ dir, stop_signal }: ServerCommand): Promise<void> {
  const pid = Number(readIfThereSync(pidFileOf(dir)));
  if (!Number.isInteger(pid) || pid <= 1 || !commandLineOf(pid).includes(dir)) return;
  const leftover = identityOf(pid);
  process.kill(pid, stop_signal);
  for (const until = steady_ms() + STOP_MS; isAlive(leftover); await sleep(25)) {
    if (steady_ms() > until) process.kill(pid, 'SIGKILL');
  }
}

function pidFileOf(dir: string): string {
  return `${dir}/server.pid`;
}

function logOf(dir: string): string {
  return `${dir}/server.log`;
}

function lastLines(dir: string): string {
  return (readIfThereSync(logOf(dir)) ?? '').trim().split('\n').slice(-3).join(' | ');
}
