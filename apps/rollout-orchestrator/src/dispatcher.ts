import { setTimeout as sleep } from 'node:timers/promises';
import { warnSparsely } from '@edgeflow/telemetry';

/** Without a nudge every desk looks at its to-do list this often, in milliseconds: for what time alone makes due, and after an outage. */
const IDLE_MS = 250;

/** Something that takes work from the fold's rows, decides, and appends. */
export interface Desk {
  /** One pass over what is due at a time. @returns how much was moved on; 0 when there is nothing to do but to wait */
  round(at: Date): Promise<number>;
}

/**
 * Works at its desks, one after the other, while this replica leads. It holds no truth: a decision that is lost is made again, one that
 * is made twice has the same ids and the same expectation, and only the first is stored.
 */
export class Dispatcher {
  private nudged = Promise.withResolvers<void>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  /** @param now the log's time: what time makes due is decided by it */
  constructor(
    private readonly desks: readonly Desk[],
    private readonly now: () => Date,
  ) {}

  /** Works while `leading()` says that this replica is the one. */
  start(leading: () => boolean): void {
    this.running = this.run(leading);
  }

  /** Finishes the append under way and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.nudge();
    await this.running;
  }

  /** Rows have changed: look at once. */
  nudge(): void {
    this.nudged.resolve();
  }

  private async run(leading: () => boolean): Promise<void> {
    while (!this.stopping.signal.aborted) {
      this.nudged = Promise.withResolvers<void>();
      if (leading()) await this.work(leading);
      const idle = new AbortController();
      await Promise.race([
        this.nudged.promise,
        sleep(IDLE_MS, undefined, { signal: idle.signal }).catch(() => undefined),
      ]);
      idle.abort();
    }
  }

  /** Every desk in turn, until none finds anything: no desk waits for another one's end. */
  private async work(leading: () => boolean): Promise<void> {
    for (let moved = 1; moved > 0 && leading() && !this.stopping.signal.aborted;) {
      moved = 0;
      for (const desk of this.desks) moved += await this.round(desk);
    }
  }

  private async round(desk: Desk): Promise<number> {
    try {
      return await desk.round(this.now());
    } catch (error) {
      warnSparsely(desk.constructor.name, { err: error }, 'the dispatcher could not work; it tries again');
      return 0;
    }
  }
}
