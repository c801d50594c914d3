import type { Clock, Machine } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';
import type { Fence, FoldDatabase } from './fold-database.js';

/** How long whoever asks for the checkpoint is let go after it was kept waiting, in milliseconds. */
const PAUSE_MS = 400;
/** So often the lock is tried while nothing is folded: some seconds. */
const TRIES = 10;

/**
 * Waits for whoever reads several tables as of one moment (`inOneSnapshot`), or saves them, which may take hours.
 * @returns false when `signal` ended the wait
 */
export async function waitForReaders(database: FoldDatabase, signal: AbortSignal, clock: Clock): Promise<boolean> {
  while (!signal.aborted) {
    if (await database.isUnread()) return true;
    await clock.sleep(PAUSE_MS, { signal });
  }
  return false;
}

/**
 * Puts the rows that were built in the place of those that are read, in one transaction: schemas get other names. Whoever reads several
 * tables as of one moment would find some of these and some of those, so there must be nobody.
 * @param reached how far the rows are that are read; there is nothing up to there that the new ones lack
 * @throws Error when somebody has begun to read for long
 */
export async function switchOver(
  database: FoldDatabase,
  fence: Fence,
  reached: number,
  { clock, entropy }: Machine,
): Promise<void> {
  const leftAs = entropy.bytes(4, 'schema').toString('hex');
  for (let tries = 1; !(await database.takePlace(fence, reached, leftAs)); tries++) {
    if (tries === TRIES) throw new Error('somebody reads the rows for long; others take their place later');
    await clock.sleep(PAUSE_MS);
  }
  logger.info({ schema: database.schemas.live }, 'rows that were made anew from the log are read from now on');
}
