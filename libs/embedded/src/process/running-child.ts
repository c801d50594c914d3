import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { systemClock } from '@edgeflow/runtime';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that runs. */
export interface Running {
  pid: number;
  /** Settles, never rejects, when it has ended, asked to or not. */
  exited: Promise<Exit>;
  stop(): Promise<void>;
}

/** What ends a child. */
interface Ends {
  /** Asks it to stop at once but cleanly. */
  stop_signal: NodeJS.Signals;
  /** How long it may take to, in milliseconds, before it is killed. */
  stop_ms: number;
  /** What it gets when this process exits without having asked it, e.g. by an uncaught error. */
  exit_signal: NodeJS.Signals;
}

/** What is to be done to the children that run when this process exits. */
const ending = new Set<() => void>();
process.once('exit', () => ending.forEach((end) => end()));

/** A child once it was spawned; when this process ends, it ends too. @throws Error when its command cannot be run */
export async function runningChild(child: ChildProcess, ends: Ends): Promise<Running> {
  let asked = false;
  const end = (): void => void child.kill(asked ? 'SIGKILL' : ends.exit_signal);
  ending.add(end);
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ending.delete(end);
      resolve({ code, signal });
    });
  });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    exited,
    stop: async () => {
      asked = true;
      child.kill(ends.stop_signal);
      const inTime = systemClock.after(ends.stop_ms, () => void child.kill('SIGKILL'));
      await exited;
      inTime();
    },
  };
}
