import type { StoredEvent } from '@edgeflow/contracts';
import { AllInboxes, type EventLog, type InboxListener, type InboxMessage, type InboxPace } from '@edgeflow/event-log';
import { Fold, foldReadiness, type FoldDatabase, type FoldPace } from '@edgeflow/fold';
import type { Machine } from '@edgeflow/runtime';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import { UpdateAppender } from './devices/update-appender.js';
import { TeamInboxes } from './intake/team-inboxes.js';
import type { OrchestratorConfig } from './orchestrator.config.js';
import { Answers } from './processors/answers.js';
import { DeparturesProcessor } from './processors/departures.processor.js';
import { DevicesProcessor } from './processors/devices.processor.js';
import { DecisionLog } from './processors/decision-log.js';
import { Dispatcher } from './processors/dispatcher.js';
import { FirmwareUseProcessor } from './processors/firmware-use.processor.js';
import { orchestratorFold } from './processors/orchestrator.fold.js';
import { RolloutDevicesProcessor } from './processors/rollout-devices.processor.js';
import { RolloutsProcessor } from './processors/rollouts.processor.js';
import { Acknowledgements } from './requests/acknowledgements.js';
import { Cancels } from './requests/cancels.js';
import { KnownDevices } from './requests/known-devices.js';
import { Requests } from './requests/requests.js';
import { Updates } from './requests/updates.js';
import { FleetWindows } from './rollouts/fleet-windows.js';
import { Rollouts } from './rollouts/rollouts.js';

/** How often the orchestrator does what nobody asks it for; what is not said is as in a service. */
export interface OrchestratorPace {
  /** How often whoever decides looks for what time alone makes due, in milliseconds. */
  idle_ms?: number;
  fold?: FoldPace;
  inboxes?: InboxPace;
}

const IDLE_MS = 250;

/** What the orchestrator works with; all of it is open. */
export interface OrchestratorParts {
  config: OrchestratorConfig;
  log: EventLog;
  /** Of `ENTITIES`, in their `VERSION`. */
  database: FoldDatabase;
  machine: Machine;
  pace?: OrchestratorPace;
  /** What takes requests of teams in, and hands them to `take`, while this process leads; default: the core itself. */
  listener?: InboxListener;
}

/** The orchestrator without its HTTP edge: folds, decides, takes requests in and answers them. Of several on one log and database one leads. */
export class OrchestratorCore {
  readonly fold: Fold;
  readonly requests: Requests;
  readonly rollouts: Rollouts;
  readonly updates: Updates;
  readonly cancels: Cancels;
  readonly windows: FleetWindows;
  readonly acknowledgements: Acknowledgements;
  readonly readiness: readonly ReadinessCheck[];
  private readonly dispatcher: Dispatcher;
  private readonly inboxes: InboxListener;
  private readonly teams: TeamInboxes;

  constructor(readonly parts: OrchestratorParts) {
    const { config, log, database, machine, pace = {} } = parts;
    const { clock } = machine;
    const answers = new Answers(log);
    const heard = (batch: readonly StoredEvent[]): void => {
      this.dispatcher.heard(batch);
      answers.heard(batch);
    };
    const fold = new Fold(log, database, orchestratorFold(heard), { machine, pace: pace.fold });
    const requests = new Requests(log, new KnownDevices(log, database, fold), fold, machine);
    this.teams = new TeamInboxes(log, requests, config, clock);
    this.fold = fold;
    this.requests = requests;
    this.rollouts = new Rollouts(log, requests, database, config);
    this.updates = new Updates(log, requests, config, machine);
    this.cancels = new Cancels(requests, config);
    this.windows = new FleetWindows(log, database, fold);
    this.acknowledgements = new Acknowledgements(log, database);
    this.dispatcher = dispatcherOf(parts, fold);
    const leading = (): boolean => fold.leading();
    this.inboxes =
      parts.listener ?? new AllInboxes(log.inboxes, leading, (message) => this.take(message), clock, pace.inboxes);
    this.readiness = [
      ...foldReadiness({ database, fold, max_lag: config.READY_MAX_LAG }),
      { name: 'inboxes', check: async () => this.inboxes.check() },
    ];
  }

  /** Begins to fold, to decide and to take requests in. Resolves as `Fold.start` does. */
  async start(): Promise<void> {
    this.dispatcher.start();
    this.inboxes.start();
    await this.fold.start();
  }

  /** Takes in one request of a team. @throws what `Intake.take` throws */
  take(message: InboxMessage): Promise<void> {
    return this.teams.take(message);
  }

  /** Takes no more requests in, finishes what is under way and stops. What was asked for until now is decided until then. */
  async stop(): Promise<void> {
    await this.inboxes.stop();
    await this.dispatcher.stop();
    await this.fold.stop();
  }
}

/** Who decides, and when. */
function dispatcherOf({ config, log, database, machine, pace }: OrchestratorParts, fold: Fold): Dispatcher {
  const decided = new DecisionLog(log, fold);
  const appender = new UpdateAppender(decided);
  const ofRollouts = new RolloutDevicesProcessor(database, appender, config, fold, machine.clock);
  const processors = {
    devices: new DevicesProcessor(database, appender, config, fold),
    departures: new DeparturesProcessor(database, appender, fold),
    rollouts: new RolloutsProcessor(decided, database, ofRollouts, fold),
    uses: new FirmwareUseProcessor(decided, database, fold),
  };
  return new Dispatcher(decided, fold, processors, machine.clock, pace?.idle_ms ?? IDLE_MS);
}
