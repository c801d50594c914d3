import { readFileSync } from 'node:fs';

/** Open files of a process besides its sockets to the cloud: Node's own, pipes, the console. */
const OTHERS = 100;

/** How many files a process here may have open (`ulimit -n`). Linux. */
export function openFilesLimit(): number {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === undefined ? Infinity : Number(soft);
}

/**
 * Why this many devices do not fit into this many processes, or undefined when they do.
 * @param limit of one process
 */
export function shortage(devices: number, processes: number, downloads: number, limit: number): string | undefined {
  const needed = Math.ceil(devices / processes) + downloads + OTHERS;
  if (needed <= limit) return undefined;
  const enough = Math.ceil(devices / Math.max(1, limit - downloads - OTHERS));
  return `each process would need ${needed} open files and may have ${limit} (ulimit -n): use --processes ${enough}`;
}
