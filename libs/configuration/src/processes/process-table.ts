import { readFileSync } from 'node:fs';

/** A process, told apart from a later one with the same pid by its start time. */
export interface ProcessIdentity {
  pid: number;
  /** Clock ticks from boot to the process's start (proc(5), stat, field 22); empty where there is no /proc. */
  started: string;
}

/** Which process has this pid now. */
export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startOf(pid) };
}

/**
 * True while this very process runs, and where we may not see whether it is that one. What waits for its parent to take notice (a zombie) runs
 * no more.
 */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  const now = startOf(pid);
  if (now !== '') return now === started && !['Z', 'X'].includes(stateOf(pid));
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Another one after each start of the machine; empty where there is no /proc. */
export function bootId(): string {
  return readProc('sys/kernel/random', 'boot_id').trim();
}

/** The command line of a process, its arguments separated by blanks; empty when there is none. */
export function commandLineOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
}

function startOf(pid: number): string {
  return statFields(pid)[19] ?? '';
}

function stateOf(pid: number): string {
  return statFields(pid)[0] ?? '';
}

/** The fields of /proc/<pid>/stat after the command's name, which may itself hold blanks and parentheses. */
function statFields(pid: number): string[] {
  const stat = readProc(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
