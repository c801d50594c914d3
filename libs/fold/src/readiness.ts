import type { DataSource } from 'typeorm';
import type { EventLog } from '@edgeflow/event-log';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import type { Fold } from './fold.js';

/** What a folding service works on. */
export interface FoldingService {
  log: EventLog;
  database: DataSource;
  fold: Fold;
  /** Not ready while more events than this are stored and not folded. */
  max_lag: number;
}

/** The readiness checks of a folding service: `nats`, `postgres`, and `fold`, which names the alarm or the lag. */
export function foldReadiness({ log, database, fold, max_lag }: FoldingService): ReadinessCheck[] {
  return [
    { name: 'nats', check: () => log.ping() },
    { name: 'postgres', check: async () => void (await database.query('SELECT 1')) },
    { name: 'fold', check: () => checkFold(fold, max_lag) },
  ];
}

async function checkFold(fold: Fold, maxLag: number): Promise<void> {
  const alarm = fold.alarm();
  if (alarm) throw new Error(alarm);
  const lag = await fold.lag();
  if (lag > maxLag) throw new Error(`the fold is ${lag} events behind`);
}
