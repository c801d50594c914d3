import { EventLog, EventLogServer } from '@edgeflow/event-log';
import { Fold, foldReadiness, openDatabase } from '@edgeflow/fold';
import { eventLogOptions, startService } from '@edgeflow/service-host';
import { AppModule } from './app.module.js';
import { OrchestratorConfig } from './config.js';
import { DeviceLaneRow } from './device-lane.row.js';
import { Dispatcher } from './dispatcher.js';
import { FirmwareRow } from './firmware.row.js';
import { orchestratorFold } from './orchestrator.fold.js';

/** Opens the log and the database, then serves. */
export async function startOrchestrator(config: OrchestratorConfig) {
  const log = await EventLog.connect(eventLogOptions(config, 'rollout-orchestrator'));
  const database = await openDatabase(config.DATABASE_URL, {
    schema: 'orchestrator',
    entities: [DeviceLaneRow, FirmwareRow],
  });
  const dispatcher = new Dispatcher(log, database, config);
  const fold = new Fold(log, database, orchestratorFold(dispatcher));
  const service = await startService({
    name: 'rollout-orchestrator',
    prefix: 'orchestrator',
    config,
    module: AppModule.with({ config, log }),
    readiness: foldReadiness({ log, database, fold, max_lag: config.READY_MAX_LAG }),
    configure: async (app) => {
      app.connectMicroservice({ strategy: new EventLogServer({ log, durable: 'rollout-orchestrator-deadlines' }) });
      await app.startAllMicroservices();
    },
    onStop: async () => {
      await dispatcher.stop();
      await fold.stop();
      await database.destroy();
      await log.close();
    },
  });
  await fold.start();
  dispatcher.start(() => fold.leading());
  return service;
}
