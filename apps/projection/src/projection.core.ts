import type { EventLog } from '@edgeflow/event-log';
import { Fold, foldReadiness, type FoldDatabase, type FoldPace } from '@edgeflow/fold';
import type { Machine } from '@edgeflow/runtime';
import type { ReadinessCheck } from '@edgeflow/telemetry';
import { projectionFold } from './processors/projection.fold.js';
import type { ProjectionConfig } from './projection.config.js';

/** Events in one transaction while it catches up; what comes in one by one is folded one by one. */
const BATCH = 1_000;

/** What a projection stands on. Whoever opened it closes it. */
export interface ProjectionBase {
  config: Pick<ProjectionConfig, 'READY_MAX_LAG'>;
  log: EventLog;
  /** Of the schema `projection`, in the version of the fold. */
  database: FoldDatabase;
  machine: Machine;
  /** Default: that of a service. */
  pace?: FoldPace;
}

/** A projection without its HTTP side: everything that writes rows. Several in one process are replicas, as in several. */
export class ProjectionCore {
  readonly fold: Fold;
  /** What it cannot work without, besides the log. */
  readonly readiness: readonly ReadinessCheck[];

  constructor({ config, log, database, machine, pace }: ProjectionBase) {
    this.fold = new Fold(log, database, projectionFold, { machine, batch: BATCH, pace });
    this.readiness = foldReadiness({ database, fold: this.fold, max_lag: config.READY_MAX_LAG });
  }

  /** Begins to fold; resolves when there are rows that may be read, or after some seconds: then there will be later. */
  start(): Promise<void> {
    return this.fold.start();
  }

  /** Finishes the batch that is being folded and stops. */
  stop(): Promise<void> {
    return this.fold.stop();
  }
}
