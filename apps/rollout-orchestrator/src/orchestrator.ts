import { InboxServer, JetStreamLog } from '@edgeflow/event-log';
import { openDatabase } from '@edgeflow/fold';
import { systemMachine } from '@edgeflow/runtime';
import { databaseAccess, eventLogOptions, startService, type RunningService } from '@edgeflow/service-host';
import type { OrchestratorConfig } from './orchestrator.config.js';
import { OrchestratorCore } from './orchestrator.core.js';
import { OrchestratorModule } from './orchestrator.module.js';
import { ENTITIES, SCHEMA, VERSION } from './processors/orchestrator.fold.js';

/** Opens the log and the database, then serves, folds and decides until it is stopped. */
export async function startOrchestrator(config: OrchestratorConfig): Promise<RunningService> {
  const log = await JetStreamLog.connect(eventLogOptions(config, 'rollout-orchestrator'));
  const { url, ...access } = databaseAccess(config);
  const database = await openDatabase(url, {
    ...access,
    schema: SCHEMA,
    version: VERSION,
    entities: ENTITIES,
  });
  const { clock } = systemMachine;
  const inboxes = new InboxServer({ inboxes: log.inboxes, leading: (): boolean => core.fold.leading(), clock });
  const core = new OrchestratorCore({ config, log, database, machine: systemMachine, listener: inboxes });
  const service = await startService({
    name: 'rollout-orchestrator',
    prefix: 'orchestrator',
    config,
    log,
    machine: systemMachine,
    module: OrchestratorModule.with(core),
    readiness: core.readiness,
    configure: async (app) => {
      app.connectMicroservice({ strategy: inboxes });
      await app.startAllMicroservices();
    },
    onStop: async () => {
      await core.stop();
      await database.close();
      await log.close();
    },
  });
  await core.start();
  return service;
}
