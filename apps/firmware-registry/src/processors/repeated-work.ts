import type { Clock, Stop } from '@edgeflow/runtime';
import { logger } from '@edgeflow/telemetry';

/** How often work comes, and when the first time where that is earlier, in milliseconds. */
export interface Recurrence {
  clock: Clock;
  ms: number;
  first_ms?: number;
}

/** Work that comes again by itself while the registry runs: one piece of it at a time, and whoever stops waits for the one under way. */
export abstract class RepeatedWork {
  protected stopped = false;
  private timers: Stop[] = [];
  private running: Promise<void> = Promise.resolve();

  /** @param failed what is said when it fails: the next one comes all the same */
  protected constructor(
    private readonly every: Recurrence,
    private readonly failed: string,
  ) {}

  /** What is done each time. */
  protected abstract turn(): Promise<void>;

  start(): void {
    const { clock, ms, first_ms = ms } = this.every;
    const work = (): void => this.queue(() => this.turn());
    this.timers = [clock.every(ms, work, { ref: false })];
    if (first_ms < ms) this.timers.push(clock.after(first_ms, work, { ref: false }));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.timers.forEach((stop) => stop());
    await this.running;
  }

  /** Does something when nothing else is under way. */
  protected queue(work: () => Promise<void>): void {
    if (this.stopped) return;
    this.running = this.running.then(work).catch((error: unknown) => logger.warn({ err: error }, this.failed));
  }
}
