import type { OtaEvent } from '@edgeflow/contracts';
import { AlreadyAppended, isOutage, type EventLog } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { backoff, gauge, warnSparsely } from '@edgeflow/telemetry';

/** Records in one append. */
const BATCH = 500;
/** Fewer are appended side by side: to nats-server a small batch is dearer than so many single messages (2.15: 1.8 ms of CPU, to 17 us each). */
const WORTH_A_BATCH = 64;
/** Records that may wait, of up to 4 kB each. While so many do nothing new is begun (audit-hook.ts); what was begun before still comes in. */
const WAITING_MAX = 10_000;

const waiting = gauge({
  name: 'edgeflow_audit_waiting',
  help: 'Audit records that the log has not taken yet.',
});

interface Waiting {
  event: OtaEvent;
  stored: () => void;
  givenUp: (error: unknown) => void;
}

/**
 * Audit records on their way into the log, in the order in which they came: while some are being written the others gather. An outage
 * loses none; what was maybe stored is written again under the same id, which the log knows for two minutes.
 */
export class AuditBatches {
  private readonly queue: Waiting[] = [];
  private underWay = 0;
  private written: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly log: Pick<EventLog, 'record'>,
    private readonly machine: Machine,
  ) {}

  /** True while so many wait that nothing is to be done that makes another one. */
  get isFull(): boolean {
    return this.queue.length + this.underWay >= WAITING_MAX;
  }

  /**
   * @returns when the log has the record
   * @throws what the log refuses for the record's own sake; what it refused last, after `close`
   */
  async put(event: OtaEvent): Promise<void> {
    const { promise, resolve: stored, reject: givenUp } = Promise.withResolvers<void>();
    this.queue.push({ event, stored, givenUp });
    this.count();
    this.written ??= this.writeAll();
    return promise;
  }

  /** Waits until all are written, so many milliseconds at most; what is not then is given up. */
  async close(patience_ms: number): Promise<void> {
    const late = this.machine.clock.sleep(patience_ms, { ref: false });
    await Promise.race([this.written, late]);
    this.isClosed = true;
  }

  private async writeAll(): Promise<void> {
    while (this.queue.length > 0) {
      const batch = this.queue.splice(0, BATCH);
      this.underWay = batch.length;
      await this.write(batch);
      this.underWay = 0;
      this.count();
    }
    this.written = undefined;
  }

  private write(batch: readonly Waiting[]): Promise<unknown> {
    return batch.length < WORTH_A_BATCH ? this.writeEach(batch) : this.writeTogether(batch);
  }

  private writeEach(batch: readonly Waiting[]): Promise<unknown> {
    return Promise.all(batch.map((one) => this.writeTogether([one])));
  }

  private async writeTogether(batch: readonly Waiting[]): Promise<void> {
    const failure = await this.tried(batch);
    if (failure === undefined) for (const { stored } of batch) stored();
    else if (batch.length === 1) batch[0]?.givenUp(failure.error);
    // One that the log does not take keeps no other out.
    else await this.writeEach(batch);
  }

  /** Until the log has taken them, or says that it will not. The same ones each time: of a batch of others it could not be told which are there. */
  private async tried(batch: readonly Waiting[]): Promise<{ error: unknown } | undefined> {
    const { clock, entropy } = this.machine;
    for (let failures = 0; ; failures++) {
      try {
        await this.log.record(...batch.map(({ event }) => event));
        return undefined;
      } catch (error) {
        // Nobody else makes their ids: it was an attempt of ours, whose answer was lost.
        if (error instanceof AlreadyAppended) return undefined;
        if (!isOutage(error) || this.isClosed) return { error };
        warnSparsely('audit', { err: error, waiting: this.queue.length }, 'the log takes no audit records now', clock);
      }
      await clock.sleep(backoff(failures, entropy), { ref: false });
    }
  }

  private count(): void {
    waiting.set(this.queue.length + this.underWay);
  }
}
