import { Degraded, type ReadinessCheck } from '@edgeflow/telemetry';
import type { Fold } from './fold.js';
import type { FoldDatabase } from './fold-database.js';
import { openDeadLetters } from './dead-letters.js';

/**
 * The readiness checks of a folding service: `postgres`, `fold`, which names the alarm, the position that it does not get past, or
 * the lag, and `set_aside`, which is degraded while somebody has to look at an event.
 * @param of `max_lag`: not ready while more events than this are stored and not folded
 */
export function foldReadiness(of: { database: FoldDatabase; fold: Fold; max_lag: number }): ReadinessCheck[] {
  const { database, fold, max_lag } = of;
  return [
    { name: 'postgres', code: 'database-unavailable', check: () => checkDatabase(database, fold) },
    { name: 'fold', check: () => checkFold(fold, max_lag) },
    { name: 'set_aside', check: () => checkDeadLetters(database) },
  ];
}

/** A database whose disk is full goes on answering, and so does one that was made read-only, or is a standby. */
async function checkDatabase(database: FoldDatabase, fold: Fold): Promise<void> {
  if (await database.isReadOnly()) throw new Error('nothing is stored: the database is read-only');
  const refusal = fold.unwritten();
  if (refusal !== undefined) throw new Error(`nothing is stored: ${refusal}`);
}

async function checkFold(fold: Fold, maxLag: number): Promise<void> {
  await fold.readable();
  const alarm = fold.alarm();
  if (alarm)
    throw new Error(`${alarm}: the rows were not made of this log, and nothing is written until somebody decides`);
  const halt = (await fold.vacancy()) ?? fold.stalled();
  if (halt !== undefined) throw new Error(halt);
  const lag = await fold.lag();
  if (lag > maxLag) throw new Error(`the fold is ${lag} events behind`);
}

async function checkDeadLetters(database: FoldDatabase): Promise<Degraded | undefined> {
  const { count, streams } = await openDeadLetters(database.rows);
  if (count === 0) return undefined;
  const which = count === 1 ? '1 event was' : `${count} events were`;
  return new Degraded(`${which} set aside and not acknowledged: ${streams.join(', ')}`);
}
