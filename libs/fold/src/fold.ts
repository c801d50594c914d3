import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { Refused } from '@edgeflow/contracts';
import { isOutage, type Batch, type EventLog, type Follower, type Stall } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { Blame } from './blame.js';
import { Checkpoints, type FoldAlarm } from './checkpoints.js';
import { RowsGone, asRowsGone, isDatabaseDown } from './database-errors.js';
import { createTables } from './database.js';
import { Leadership } from './leadership.js';
import type { FoldDefinition, FoldOptions } from './fold-definition.js';
import { FoldWatch } from './fold-watch.js';
import { foldAlarm, foldPosition, foldedEvents } from './metrics.js';
import { keepSetAside, noteAcknowledged } from './set-aside.js';

/** How often a replica that is not the leader looks how far the leader is, in milliseconds. */
const POLL_MS = 25;
/** After an alarm or an outage the fold looks again this often, in milliseconds. */
const RETRY_MS = 2_000;

/**
 * A checkpointed fold of the log into Postgres: at-least-once delivery, exactly-once effect. Of several replicas one folds at
 * a time, and the next takes over by itself. Refuses to run, with a named alarm, on a log that its rows do not come from.
 */
export class Fold {
  private readonly stopping = new AbortController();
  private readonly checkpoints: Checkpoints;
  private readonly leadership: Leadership;
  private readonly changed = new EventTarget();
  private readonly watch: FoldWatch;
  private readonly blame = new Blame();
  private running: Promise<void> = Promise.resolve();
  private follower: Follower | undefined;
  private seen = 0;
  /** What this leader knows to be committed: where it began, and its own commits since. */
  private led = 0;
  private gone = Promise.withResolvers<never>();
  private raised: FoldAlarm | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly definition: FoldDefinition,
    private readonly options: FoldOptions = {},
  ) {
    this.checkpoints = new Checkpoints(database, definition);
    this.leadership = new Leadership(database, definition.name);
    this.watch = new FoldWatch(log, database, definition, () => this.committed());
  }

  /** Begins to fold, in the background; resolves at once. Outages of NATS and Postgres are waited out. */
  start(): Promise<void> {
    this.running = Promise.all([this.run(), this.watch.run(this.stopping.signal)]).then(() => undefined);
    return Promise.resolve();
  }

  /** Finishes the batch that is being folded and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.follower?.stop();
    await this.running;
  }

  /** The position of the last event in the rows, as far as this process knows; `committed()` asks the database. */
  get position(): number {
    return this.seen;
  }

  /** The checkpoint in the database: every row that a query started after this call sees is at least this far. */
  async committed(): Promise<number> {
    this.advance(await this.checkpoints.position());
    return this.seen;
  }

  /** Why the fold refuses to run, or undefined. */
  alarm(): FoldAlarm | undefined {
    return this.raised;
  }

  /** True while this replica is the one that folds. */
  leading(): boolean {
    return this.follower !== undefined;
  }

  /** What the fold has not got past for long, though the stream has it; undefined while it gets on. */
  stalled(): Stall | undefined {
    return this.watch.stalled();
  }

  /** Events that are stored and not folded yet, by the stream and the checkpoint. */
  async lag(): Promise<number> {
    return (await this.log.waiting(this.definition.filters, await this.committed()))?.events ?? 0;
  }

  /**
   * Resolves when the rows have reached `position` (read your writes).
   * @throws Refused `read-model-behind` when they have not within `timeoutMs`
   */
  async waitFor(position: number, timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (this.seen < position && (await this.committed()) < position) {
      if (Date.now() >= deadline) {
        throw new Refused('read-model-behind', undefined, { position: this.seen, wanted: position });
      }
      await this.nextChange(Math.min(POLL_MS, deadline - Date.now()));
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      if (!(await this.leadership.acquire(this.stopping.signal))) break;
      try {
        await this.lead();
      } catch (error) {
        logger.error({ err: error, fold: this.definition.name }, 'the fold stopped; it starts again');
        await sleep(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
      } finally {
        await this.leadership.release();
      }
    }
  }

  private async lead(): Promise<void> {
    await createTables(this.database);
    const { alarm, position } = await this.checkpoints.open(await this.log.state());
    this.raise(alarm);
    if (alarm) throw new Error(`${alarm}: the rows were not folded from this log; see docs/operations.md`);
    this.seen = this.led = position;
    this.gone = Promise.withResolvers<never>();
    this.gone.promise.catch(() => undefined); // It may come before it is waited for, which is no unhandled error.
    this.follower = await this.log.follow(
      {
        durable: this.definition.name,
        filters: this.definition.filters,
        from: position + 1,
        batch: this.options.batch ?? 500,
        isTransient: (error) => this.isPassing(error),
      },
      (batch) => this.foldOrGiveUp(batch),
    );
    try {
      await Promise.race([this.leadership.held(this.stopping.signal), failureOf(this.follower), this.gone.promise]);
    } finally {
      const follower = this.follower;
      this.follower = undefined;
      await follower.stop();
    }
  }

  /** When the rows are gone the follower is made anew from where they are now; until then the batch is only retried. */
  private async foldOrGiveUp(batch: Batch): Promise<void> {
    try {
      await this.fold(batch);
    } catch (cause) {
      const error = asRowsGone(cause);
      if (error instanceof RowsGone) this.gone.reject(error);
      throw error;
    }
  }

  private isPassing(error: unknown): boolean {
    if (isDatabaseDown(error) || isOutage(error) || error instanceof RowsGone) return true;
    return this.blame.isTheDatabases(error);
  }

  private async fold(batch: Batch): Promise<void> {
    const { last, events } = await this.database.transaction(async (tx) => {
      const position = await this.checkpoints.lock(tx, this.led);
      const isNew = (event: { position: number }): boolean => event.position > position;
      const fresh = { events: batch.events.filter(isNew), unread: batch.unread.filter(isNew) };
      const end = Math.max(position, ...[...fresh.events, ...fresh.unread].map((event) => event.position));
      if (end > position) await this.write(fresh, end, tx);
      return { last: end, events: fresh.events };
    });
    this.blame.committed(batch);
    if (last <= this.led) return;
    this.led = last;
    this.advance(last);
    foldedEvents.inc({ fold: this.definition.name }, events.length);
    this.definition.committed?.(events);
  }

  private async write({ events, unread }: Batch, end: number, tx: EntityManager): Promise<void> {
    if (events.length > 0) await this.definition.apply(events, tx);
    await keepSetAside(unread, tx);
    if (unread.length > 0) await this.definition.passOver?.(unread, tx);
    await noteAcknowledged(events, tx);
    await this.checkpoints.move(tx, end);
  }

  private advance(position: number): void {
    if (position <= this.seen) return;
    this.seen = position;
    foldPosition.set({ fold: this.definition.name }, position);
    this.changed.dispatchEvent(new Event('moved'));
  }

  private nextChange(ms: number): Promise<void> {
    const timeout = AbortSignal.timeout(Math.max(1, ms));
    return new Promise((resolve) => {
      this.changed.addEventListener('moved', () => resolve(), { once: true, signal: timeout });
      timeout.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  private raise(alarm: FoldAlarm | undefined): void {
    this.raised = alarm;
    for (const name of ['checkpoint-ahead', 'stream-recreated'] as const) {
      foldAlarm.set({ fold: this.definition.name, alarm: name }, name === alarm ? 1 : 0);
    }
  }
}

/** Rejects when the follower gives up by itself; never resolves. */
async function failureOf(follower: Follower): Promise<never> {
  const error = await follower.ended;
  if (error) throw error;
  return new Promise(() => undefined);
}
