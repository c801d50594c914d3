import type { DataSource } from 'typeorm';
import type { EventLog, Stall } from '@edgeflow/event-log';
import { Degraded, type ReadinessCheck } from '@edgeflow/telemetry';
import type { Fold } from './fold.js';
import { openSetAside } from './set-aside.js';

/** What a folding service works on. */
export interface FoldingService {
  log: EventLog;
  database: DataSource;
  fold: Fold;
  /** Not ready while more events than this are stored and not folded. */
  max_lag: number;
}

/**
 * The readiness checks of a folding service: `nats`, `postgres`, `fold`, which names the alarm, the position that it does not get past, or
 * the lag, and `set_aside`, which is degraded while somebody has to look at an event.
 */
export function foldReadiness({ log, database, fold, max_lag }: FoldingService): ReadinessCheck[] {
  return [
    { name: 'nats', code: 'log-unavailable', check: () => log.check() },
    { name: 'postgres', code: 'database-unavailable', check: async () => void (await database.query('SELECT 1')) },
    { name: 'fold', check: () => checkFold(fold, max_lag) },
    { name: 'set_aside', check: () => checkSetAside(database) },
  ];
}

async function checkFold(fold: Fold, maxLag: number): Promise<void> {
  await fold.readable();
  const alarm = fold.alarm();
  if (alarm)
    throw new Error(`${alarm}: the rows were not made of this log, and nothing is written until somebody decides`);
  const vacancy = await fold.vacancy();
  if (vacancy) throw new Error(vacancy);
  refuseStall(fold.stalled());
  const lag = await fold.lag();
  if (lag > maxLag) throw new Error(`the fold is ${lag} events behind`);
}

/** For a readiness check of a reader of the log. @throws Error that names the position, when there is one that it does not get past */
export function refuseStall(stall: Stall | undefined): void {
  if (stall) throw new Error(`position ${stall.position} has not been passed for ${stall.for_s} s`);
}

async function checkSetAside(database: DataSource): Promise<Degraded | undefined> {
  const { count, lanes } = await openSetAside(database.manager);
  if (count === 0) return undefined;
  const which = count === 1 ? '1 event was' : `${count} events were`;
  return new Degraded(`${which} set aside and not acknowledged: ${lanes.join(', ')}`);
}
