import { JetStreamLog } from '@edgeflow/event-log';
import { openDatabase } from '@edgeflow/fold';
import { systemMachine } from '@edgeflow/runtime';
import { databaseAccess, eventLogOptions, startService, type RunningService } from '@edgeflow/service-host';
import { measureLag } from './projection.metrics.js';
import { ENTITIES, projectionFold } from './processors/projection.fold.js';
import type { ProjectionConfig } from './projection.config.js';
import { ProjectionCore } from './projection.core.js';
import { ProjectionModule } from './projection.module.js';

/**
 * Starts the projection: it waits for NATS and Postgres while they are away, then folds and answers until it is stopped. It
 * publishes nothing but who asked for what was not theirs, and that API keys were used (ADR-0015).
 */
export async function startProjection(config: ProjectionConfig): Promise<RunningService> {
  const log = await JetStreamLog.connect(eventLogOptions(config, 'projection'));
  const { url, ...access } = databaseAccess(config);
  const database = await openDatabase(url, {
    ...access,
    schema: 'projection',
    version: projectionFold.version,
    entities: ENTITIES,
  });
  const core = new ProjectionCore({ config, log, database, machine: systemMachine });
  measureLag(core.fold);
  await core.start();
  return startService({
    name: 'projection',
    prefix: 'query',
    config,
    log,
    machine: systemMachine,
    module: ProjectionModule.with({ log, database, fold: core.fold }),
    readiness: core.readiness,
    onStop: async () => {
      await core.stop();
      await database.destroy();
      await log.close();
    },
  });
}
