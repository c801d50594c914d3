import type { EventLog } from '@edgeflow/event-log';
import type { Clock } from '@edgeflow/runtime';
import type { FoldDatabase } from './fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { openDeadLettersGauge } from './metrics.js';
import { Progress } from './progress.js';
import { openDeadLetters } from './dead-letters.js';

/** Looks by itself whether a fold gets on, so that a single question about it is answered right. */
export class FoldWatch {
  private readonly progress = new Progress();

  /** @param committed asks how far the rows are, whoever folds them @param look_ms see `FoldPace` */
  constructor(
    private readonly log: EventLog,
    private readonly database: Pick<FoldDatabase, 'rows'>,
    private readonly definition: Pick<FoldDefinition, 'name' | 'filters'>,
    private readonly committed: () => Promise<number>,
    private readonly clock: Clock,
    private readonly look_ms: number,
  ) {}

  /** Looks until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch(() => undefined); // What is away has a check of its own.
      await this.clock.sleep(this.look_ms, { signal });
    }
  }

  /** See `Fold.stalled`. */
  stalled(): string | undefined {
    const stall = this.progress.stalled(this.clock.steady_ms());
    return stall && `position ${stall.position} has not been passed for ${stall.for_s} s`;
  }

  private async look(): Promise<void> {
    const { name, filters } = this.definition;
    const position = await this.committed();
    const waiting = await this.log.waiting(filters, position);
    this.progress.saw(waiting?.first, this.clock.steady_ms());
    openDeadLettersGauge.set({ fold: name }, (await openDeadLetters(this.database.rows)).count);
  }
}
