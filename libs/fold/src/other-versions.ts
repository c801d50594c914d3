import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import type { FoldAlarm } from './checkpoint.js';
import { divergence } from './divergence.js';
import type { FoldDatabase } from './fold-database.js';

/**
 * What the rows of other versions of a fold say of the log: a release must not take a log for right by having no rows of its own yet. Rows
 * that are to be made anew say nothing.
 */
export async function alarmOfOthers(
  log: EventLog,
  database: FoldDatabase,
  fold: string,
  clock: Clock,
): Promise<FoldAlarm | undefined> {
  for (const found of await database.checkpointsOfOthers(fold)) {
    const alarm = found.alarm ?? (await divergence(log, found, clock));
    if (alarm) return alarm;
  }
  return undefined;
}
