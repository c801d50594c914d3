import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLineOf, identityOf, isAlive } from './process-table.js';

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

/** How a server ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** How long a server may take to stop before it is killed, in milliseconds. */
const STOP_MS = 15_000;

/**
 * A server as a child process. Its output goes to `<dir>/server.log` and its pid to `<dir>/server.pid`, so that the next
 * start can stop what a kill -9 of this process leaves behind.
 */
export class ServerProcess {
  /** Settles, never rejects, when the server has ended, asked to or not. */
  readonly exited: Promise<Exit>;
  private ended = false;
  private asked = false;

  private constructor(
    readonly pid: number,
    private readonly server: ServerCommand,
    exited: Promise<Exit>,
  ) {
    // Whoever exits without stop(), e.g. by an uncaught error, leaves no server behind.
    const onExit = (): void => this.signal(this.asked ? 'SIGKILL' : server.stop_signal);
    process.once('exit', onExit);
    this.exited = exited.then((exit) => {
      this.ended = true;
      process.removeListener('exit', onExit);
      return exit;
    });
  }

  /**
   * Stops a left-over server of the same directory, then starts this one.
   * @throws Error when the command cannot be run
   */
  static async start(server: ServerCommand): Promise<ServerProcess> {
    await stopLeftover(server);
    const log = openSync(logOf(server.dir), 'a', 0o600);
    try {
      const { command, args, uid, gid, env } = server;
      // A process group of its own: Ctrl-C in the terminal reaches us alone, and we stop the servers last.
      const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, uid, gid, env });
      const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
      await once(child, 'spawn');
      const pid = child.pid ?? 0;
      writeFileSync(pidFileOf(server.dir), String(pid), { mode: 0o600 });
      return new ServerProcess(pid, server, exited);
    } finally {
      closeSync(log);
    }
  }

  /**
   * Waits until `probe` gives a value.
   * @throws Error with the last lines of the server's log when the server ends first or `timeout_ms` is over
   */
  async ready<T>(probe: () => Promise<T | undefined>, timeout_ms: number): Promise<T> {
    const until = Date.now() + timeout_ms;
    while (!this.ended && Date.now() < until) {
      const value = await probe();
      if (value !== undefined) return value;
      await sleep(25);
    }
    const why = this.ended ? 'ended while it started' : `was not ready after ${timeout_ms / 1000} s`;
    await this.stop();
    throw new Error(`${this.server.name} ${why}: ${lastLines(this.server.dir)}`);
  }

  /** Asks the server to stop and kills it when it does not; settles when it is gone. */
  async stop(): Promise<void> {
    this.asked = true;
    this.signal(this.server.stop_signal);
    const late = setTimeout(() => this.signal('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(late);
    rmSync(pidFileOf(this.server.dir), { force: true });
  }

  private signal(signal: NodeJS.Signals): void {
    if (!this.ended) process.kill(this.pid, signal);
  }
}

/** Stops, by its pid, a server of this directory whose parent was killed. A pid that now is another process is left alone. */
async function stopLeftover({ dir, stop_signal }: ServerCommand): Promise<void> {
  const pid = Number(readIfThere(pidFileOf(dir)));
  if (!Number.isInteger(pid) || pid <= 1 || !commandLineOf(pid).includes(dir)) return;
  const leftover = identityOf(pid);
  process.kill(pid, stop_signal);
  for (const until = Date.now() + STOP_MS; isAlive(leftover); await sleep(25)) {
    if (Date.now() > until) process.kill(pid, 'SIGKILL');
  }
}

function pidFileOf(dir: string): string {
  return `${dir}/server.pid`;
}

function logOf(dir: string): string {
  return `${dir}/server.log`;
}

function lastLines(dir: string): string {
  return readIfThere(logOf(dir)).trim().split('\n').slice(-3).join(' | ');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
