import { EventLog, EventLogServer } from '@edgeflow/event-log';
import { Fold, foldReadiness, openDatabase, refuseStall } from '@edgeflow/fold';
import { databaseAccess, eventLogOptions, startService } from '@edgeflow/service-host';
import { AppModule } from './app.module.js';
import { OrchestratorConfig } from './config.js';
import { Dispatcher } from './dispatcher.js';
import { Answers } from './intake/answers.js';
import { Intakes } from './intake/intakes.js';
import { LaneAppender } from './lanes/lane-appender.js';
import { LaneDesk } from './lanes/lane-desk.js';
import { ENTITIES, orchestratorFold } from './orchestrator.fold.js';
import { KnownDevices } from './requests/known-devices.js';
import { Requests } from './requests/requests.js';
import { DeviceDesk } from './rollouts/device-desk.js';
import { RolloutDesk } from './rollouts/rollout-desk.js';

/** Opens the log and the database, then serves. */
export async function startOrchestrator(config: OrchestratorConfig) {
  const log = await EventLog.connect(eventLogOptions(config, 'rollout-orchestrator'));
  const { url, ...access } = databaseAccess(config);
  const database = await openDatabase(url, {
    ...access,
    schema: 'orchestrator',
    entities: ENTITIES,
  });
  const appender = new LaneAppender(log);
  const rollouts = new RolloutDesk(log, database, new DeviceDesk(database, appender, config), () => fold);
  const dispatcher = new Dispatcher([new LaneDesk(database, appender, config), rollouts], () => log.clock.now());
  const answers = new Answers(log);
  const known = new KnownDevices(log, database, () => fold);
  const intakes = new Intakes(log, new Requests(log, known), {
    requests: config.REQUESTS_PER_MINUTE,
    bytes: config.REQUEST_BYTES_PER_MINUTE,
  });
  const fold: Fold = new Fold(
    log,
    database,
    orchestratorFold((batch) => {
      appender.folded(fold.position);
      rollouts.heard(batch);
      answers.heard(batch);
      dispatcher.nudge();
    }),
  );
  const deadlines = new EventLogServer({ log, durable: 'rollout-orchestrator-deadlines' });
  const service = await startService({
    name: 'rollout-orchestrator',
    prefix: 'orchestrator',
    config,
    log,
    module: AppModule.with({ config, log, database, known, fold }),
    readiness: [
      ...foldReadiness({ log, database, fold, max_lag: config.READY_MAX_LAG }),
      { name: 'inboxes', check: async () => intakes.check() },
      { name: 'deadlines', check: async () => refuseStall(deadlines.stalled()) },
    ],
    configure: async (app) => {
      app.connectMicroservice({ strategy: deadlines });
      await app.startAllMicroservices();
    },
    onStop: async () => {
      await intakes.stop();
      await dispatcher.stop();
      await fold.stop();
      await database.destroy();
      await log.close();
    },
  });
  await fold.start();
  dispatcher.start(() => fold.leading());
  intakes.start(() => fold.leading());
  return service;
}
