/** What processes have used of the machine, from /proc (proc_pid_stat(5)). */
import { readFileSync, readdirSync } from 'node:fs';

/** `getconf CLK_TCK`, which is 100 on every Linux that Node runs on; in milliseconds. */
const TICK_MS = 10;

/** The numbers of a process's stat file behind its name, which may hold blanks; undefined when it has ended. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
  } catch {
    return undefined;
  }
}

// Fields 4 and 14 to 17 of the page; the first that is left here is the third.
const parentIn = (stat) => stat[1];
const ownTicks = (stat) => stat[11] + stat[12];
const endedChildrensTicks = (stat) => stat[13] + stat[14];

const children = (pid) =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentIn(statOf(name) ?? []) === pid);

/** CPU of a process and its children in milliseconds, those that have ended included; undefined when it has ended itself. */
export function cpuMs(pid) {
  const stat = statOf(pid);
  if (!stat) return undefined;
  const living = children(pid).map((child) => ownTicks(statOf(child) ?? []) || 0);
  return TICK_MS * living.reduce((sum, ticks) => sum + ticks, ownTicks(stat) + endedChildrensTicks(stat));
}

/** Resident memory of a process now, in bytes. */
export function residentBytes(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}
