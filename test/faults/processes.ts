import { readFile } from 'node:fs/promises';
import type { StandaloneUnderTest } from '../e2e/standalone.harness.js';

/**
 * Freezes a process of a standalone and the processes that it has made: PostgreSQL answers by those.
 * @param pid default: as `endpoints.json` was last read
 * @returns wakes all that are left of them
 */
export async function freeze(
  standalone: StandaloneUnderTest,
  name: string,
  pid = standalone.pidOf(name),
): Promise<() => void> {
  signal(pid, 'SIGSTOP');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const frozen = [pid, ...children.split(' ').filter(Boolean).map(Number)];
  for (const child of frozen.slice(1)) signal(child, 'SIGSTOP');
  return () => frozen.forEach((one) => signal(one, 'SIGCONT'));
}

/** Sends a signal to a process that may have ended just now. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What a process of a standalone answers to a readiness probe: the status, and its checks as text. */
export async function readyz(
  { endpoints }: StandaloneUnderTest,
  name: string,
): Promise<{ status: number; body: string }> {
  const { url } = endpoints.processes.find((one) => one.name === name)!;
  // It may just be starting again, or be frozen.
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined);
  return { status: answer?.status ?? 0, body: (await answer?.text()) ?? '' };
}
