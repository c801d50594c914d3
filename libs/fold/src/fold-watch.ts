import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { Progress, type EventLog, type Stall } from '@edgeflow/event-log';
import type { FoldDefinition } from './fold-definition.js';
import { setAsideOpen } from './metrics.js';
import { openSetAside } from './set-aside.js';

/** How often it is looked, in milliseconds. */
const LOOK_MS = 1_000;

/** Looks by itself whether a fold gets on, so that a single question about it is answered right. */
export class FoldWatch {
  private readonly progress = new Progress();

  /**
   * @param committed asks how far the rows are, whoever folds them
   * @param caughtUp told of the position behind which the log has nothing
   */
  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly definition: Pick<FoldDefinition, 'name' | 'filters'>,
    private readonly committed: () => Promise<number>,
    private readonly caughtUp: (position: number) => Promise<void>,
  ) {}

  /** Looks until `signal` fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch(() => undefined); // What is away has a check of its own.
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What the fold has not got past for long, though the stream has it; undefined while it gets on. */
  stalled(): Stall | undefined {
    return this.progress.stalled(Date.now());
  }

  private async look(): Promise<void> {
    const { name, filters } = this.definition;
    const position = await this.committed();
    const waiting = await this.log.waiting(filters, position);
    this.progress.saw(waiting?.first, Date.now());
    if (!waiting) await this.caughtUp(position);
    setAsideOpen.set({ fold: name }, (await openSetAside(this.database.manager)).count);
  }
}
