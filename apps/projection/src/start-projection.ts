import { EventLog } from '@edgeflow/event-log';
import { Fold, foldReadiness, openDatabase } from '@edgeflow/fold';
import { databaseAccess, eventLogOptions, startService, type RunningService } from '@edgeflow/service-host';
import { measureLag } from './fold/metrics.js';
import { ENTITIES, projectionFold } from './fold/projection.fold.js';
import type { ProjectionConfig } from './projection.config.js';
import { ProjectionModule } from './projection.module.js';

/** Events in one transaction while it catches up; what comes in one by one is folded one by one. */
const BATCH = 1_000;

/**
 * Starts the projection: it waits for NATS and Postgres while they are away, then folds and answers until it is stopped. It
 * publishes nothing but who asked for what was not theirs, and that API keys were used (ADR-0015).
 */
export async function startProjection(config: ProjectionConfig): Promise<RunningService> {
  const log = await EventLog.connect(eventLogOptions(config, 'projection'));
  const { url, ...access } = databaseAccess(config);
  const database = await openDatabase(url, {
    ...access,
    schema: 'projection',
    entities: ENTITIES,
  });
  const fold = new Fold(log, database, projectionFold, { batch: BATCH });
  measureLag(fold);
  await fold.start();
  return startService({
    name: 'projection',
    prefix: 'query',
    config,
    log,
    module: ProjectionModule.with({ database, fold }),
    readiness: foldReadiness({ log, database, fold, max_lag: config.READY_MAX_LAG }),
    onStop: async () => {
      await fold.stop();
      await database.destroy();
      await log.close();
    },
  });
}
