import { EventLog, EventLogServer } from '@edgeflow/event-log';
import { Fold, foldReadiness, openDatabase } from '@edgeflow/fold';
import { startService } from '@edgeflow/service-host';
import { AppModule } from './app.module.js';
import { OrchestratorConfig } from './config.js';
import { DeviceLaneRow } from './device-lane.row.js';
import { Dispatcher } from './dispatcher.js';
import { FirmwareRow } from './firmware.row.js';
import { orchestratorFold } from './orchestrator.fold.js';

/** Opens the log and the database, then serves. */
export async function startOrchestrator(config: OrchestratorConfig) {
  const log = await EventLog.connect({
    servers: config.NATS_URL,
    name: 'rollout-orchestrator',
    replicas: config.EVENT_LOG_REPLICAS,
    ...(config.EVENT_LOG_MAX_BYTES && { max_bytes: config.EVENT_LOG_MAX_BYTES }),
  });
  const database = await openDatabase(config.DATABASE_URL, {
    schema: 'orchestrator',
    entities: [DeviceLaneRow, FirmwareRow],
  });
  let dispatcher: Dispatcher | undefined;
  const fold = new Fold(
    log,
    database,
    orchestratorFold(() => Promise.resolve(dispatcher?.nudge())),
  );
  const service = await startService({
    name: 'rollout-orchestrator',
    prefix: 'orchestrator',
    config,
    module: AppModule.with({ config, log, database }),
    readiness: foldReadiness({ log, database, fold, max_lag: config.READY_MAX_LAG }),
    configure: async (app) => {
      app.connectMicroservice({ strategy: new EventLogServer({ log, durable: 'rollout-orchestrator-deadlines' }) });
      await app.startAllMicroservices();
    },
    onStop: async () => {
      await dispatcher?.stop();
      await fold.stop();
      await database.destroy();
      await log.close();
    },
  });
  dispatcher = service.app.get(Dispatcher);
  await fold.start();
  dispatcher.start(() => fold.leading());
  return service;
}
