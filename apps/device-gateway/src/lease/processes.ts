import { readFileSync } from 'node:fs';

/** What the kernel says of a process: its state, and when it began, in ticks since the kernel did. */
export interface ProcessStart {
  state: string;
  started: string;
}

/** @returns undefined when there is no such process, or we may not see it */
export function startOf(pid: number): ProcessStart | undefined {
  try {
    return startIn(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Fields 3 and 22 of proc_pid_stat(5). The name before them may hold blanks and parentheses. */
export function startIn(stat: string): ProcessStart {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

/** True when the process that began then still runs; also when we may not see whether it is that one. */
export function isRunning(pid: number, started: string): boolean {
  const found = startOf(pid);
  // What waits for its parent to take notice runs no more.
  if (found) return found.started === started && !['Z', 'X'].includes(found.state);
  return exists(pid);
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
