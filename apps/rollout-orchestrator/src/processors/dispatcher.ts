import type { StoredEvent } from '@edgeflow/contracts';
import type { Fold } from '@edgeflow/fold';
import type { Clock } from '@edgeflow/runtime';
import { warnSparsely } from '@edgeflow/telemetry';
import type { DecisionLog } from './decision-log.js';
import type { DeparturesProcessor } from './departures.processor.js';
import type { DevicesProcessor } from './devices.processor.js';
import type { FirmwareUseProcessor } from './firmware-use.processor.js';
import type { Processor } from './processor.js';
import type { RolloutsProcessor } from './rollouts.processor.js';

/** Who works, in this order. */
export interface Processors {
  devices: DevicesProcessor;
  departures: DeparturesProcessor;
  rollouts: RolloutsProcessor;
  uses: FirmwareUseProcessor;
}

/**
 * Has the processors work, one after the other, while this replica leads. It holds no truth: a decision that is lost is made again, one that
 * is made twice has the same ids and the same expectation, and only the first is stored.
 */
export class Dispatcher {
  private nudged = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** Of the rows that were decided by last, and of the connection to the log. */
  private basis = '';

  constructor(
    private readonly log: DecisionLog,
    private readonly fold: Fold,
    private readonly processors: Processors,
    private readonly clock: Clock,
    /** Without a nudge every processor looks at its to-do list this often, in milliseconds: for what time alone makes due, and after an outage. */
    private readonly idle_ms: number,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Finishes the append under way and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudged.resolve();
    await this.running;
  }

  /** Rows have changed: look at once. */
  heard(batch: readonly StoredEvent[]): void {
    const { devices, rollouts } = this.processors;
    rollouts.heard(batch);
    if (batch.some(({ type }) => type === 'FirmwareRevoked')) devices.revoked();
    this.nudged.resolve();
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.nudged = Promise.withResolvers<void>();
      await this.work();
      const { promise, resolve } = this.nudged;
      const calledOff = this.clock.after(this.idle_ms, resolve);
      await promise;
      calledOff();
    }
  }

  /** Every processor in turn, until none finds anything: none waits for another one's end. */
  private async work(): Promise<void> {
    const { devices, departures, rollouts, uses } = this.processors;
    for (let moved = 1; moved > 0 && !this.stopping.signal.aborted;) {
      this.forgetsTheLogBefore();
      // What another one has heard meanwhile, and has not acted on, is nowhere but in the rows.
      if (!(await this.decides())) return devices.revoked();
      moved = 0;
      devices.folded(this.fold.position);
      for (const processor of [devices, departures, rollouts, uses]) moved += await this.round(processor);
    }
  }

  /**
   * Rows that came in place of others may be of a log that was cut: what stood on the part that is gone is never in them. Where the rows had not
   * come that far, nobody notices; so it is forgotten as well when the connection was lost, and decided on when the rows hold all that the log has then.
   */
  private forgetsTheLogBefore(): void {
    const basis = `${this.fold.generation} ${this.log.begin()}`;
    if (basis === this.basis) return;
    this.basis = basis;
    const { devices, rollouts, uses } = this.processors;
    for (const processor of [devices, rollouts, uses]) processor.forget();
  }

  /** What the leader before this one dispatched last counts against the limits: nothing is decided before it is in the rows. */
  private async decides(): Promise<boolean> {
    try {
      return this.fold.position >= this.processors.uses.answered && (await this.fold.decides());
    } catch (error) {
      warnSparsely(
        'Dispatcher',
        { err: error },
        'the dispatcher does not know whether its rows are current; it tries again',
        this.clock,
      );
      return false;
    }
  }

  private async round(processor: Processor): Promise<number> {
    try {
      return await processor.round(this.log.clock.now());
    } catch (error) {
      warnSparsely(
        processor.constructor.name,
        { err: error },
        'the dispatcher could not work; it tries again',
        this.clock,
      );
      return 0;
    }
  }
}
