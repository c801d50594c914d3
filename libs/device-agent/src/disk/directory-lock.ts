import { join } from 'node:path';
import { Locked, waitForLock } from '@edgeflow/configuration/lock-file';
import { messageOf } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import type { AgentLog } from '../log.js';
import { systemFiles } from './system-files.js';

/** So long an agent that ends is waited for, in milliseconds: a supervisor may start the next one early. */
const WAIT_MS = 5_000;

/**
 * Works on a device's directory, which is made where there is none, as the only process that does: two agents would write over each
 * other's journal and slots. `agent.lock` names the holder; who died without giving it back holds nothing.
 * @throws Locked when another process has it
 */
export async function withDirectory<T>(
  directory: string,
  { log, clock }: { log: AgentLog; clock: Clock },
  work: () => Promise<T>,
): Promise<T> {
  await systemFiles.makeDirectory(directory);
  const release = await waitForLock(join(directory, 'agent.lock'), WAIT_MS, clock).catch((error: unknown) => {
    if (error instanceof Locked) throw error;
    // A device whose disk is full has to come back all the same, to make room.
    log.warn({ reason: messageOf(error) }, 'the directory cannot be locked');
    return () => undefined;
  });
  try {
    return await work();
  } finally {
    release();
  }
}
