import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { Refused } from '@edgeflow/contracts';
import { isOutage, type Batch, type EventLog, type Follower, type Stall } from '@edgeflow/event-log';
import { logger } from '@edgeflow/telemetry';
import { Blame } from './blame.js';
import type { FoldAlarm } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import { LogDiffers, RowsGone, asRowsGone, endsLeadership, isDatabaseDown } from './database-errors.js';
import { createTables } from './database.js';
import { marksAt } from './divergence.js';
import { Leadership } from './leadership.js';
import type { FoldDefinition, FoldOptions } from './fold-definition.js';
import { FoldWatch } from './fold-watch.js';
import { foldedEvents } from './metrics.js';
import { RowsState } from './rows-state.js';
import { keepSetAside, noteAcknowledged } from './set-aside.js';

/** How often a replica that is not the leader looks how far the leader is, in milliseconds. */
const POLL_MS = 25;
/** How long a start waits for rows that are whole, in milliseconds. */
const START_MS = 5_000;
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
  private readonly rows: RowsState;
  private readonly watch: FoldWatch;
  private readonly blame = new Blame();
  private running: Promise<void> = Promise.resolve();
  private follower: Follower | undefined;
  /** What this leader knows to be committed: where it began, and its own commits since. */
  private led = 0;
  /** Rejects with what ends this leadership for good, e.g. rows that are gone. */
  private ended = Promise.withResolvers<never>();
  /** The connection to the log over which the rows were last compared with it. */
  private compared: number | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly database: DataSource,
    private readonly definition: FoldDefinition,
    private readonly options: FoldOptions = {},
  ) {
    this.checkpoints = new Checkpoints(database, definition);
    this.rows = new RowsState(definition.name, (alarm) => log.halt(definition.name, alarm));
    this.leadership = new Leadership(database, definition.name, () => fitToLead(log));
    this.watch = new FoldWatch(
      ...([log, database, definition] as const),
      () => this.committed(),
      (position) => this.caughtUp(position),
    );
  }

  /**
   * Begins to fold, in the background; outages of NATS and Postgres are waited out. Resolves when the rows are whole, which those of an earlier
   * run are at once, or after some seconds: then they become so later.
   */
  async start(): Promise<void> {
    this.running = Promise.all([this.run(), this.watch.run(this.stopping.signal)]).then(() => undefined);
    const until = Date.now() + START_MS;
    while (!this.rows.isWhole && !this.rows.alarm && Date.now() < until) await this.rows.nextChange(POLL_MS);
  }

  /** Finishes the batch that is being folded and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.follower?.stop();
    await this.running;
  }

  /** The position of the last event in the rows, as far as this process knows; `committed()` asks the database. */
  get position(): number {
    return this.rows.position;
  }

  /** The checkpoint in the database: every row that a query started after this call sees is at least this far. */
  async committed(): Promise<number> {
    this.rows.saw(await this.checkpoints.find());
    return this.rows.position;
  }

  /**
   * The checkpoint, for whoever is about to answer from the rows or to decide by them.
   * @throws Refused `read-model-behind` while they are being made anew
   */
  async readable(): Promise<number> {
    const position = await this.committed();
    this.rows.checkWhole();
    return position;
  }

  /** Why the fold refuses to run, or undefined. */
  alarm(): FoldAlarm | undefined {
    return this.rows.alarm;
  }

  /** True while this replica is the one that folds, and the rows are such that something may be decided by them. */
  leading(): boolean {
    return this.follower !== undefined && this.leadership.leads && this.rows.isWhole;
  }

  /** Why nobody folds though somebody should; undefined while somebody does. */
  vacancy(): Promise<string | undefined> {
    return this.leadership.vacancy();
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
    while (this.rows.position < position && (await this.committed()) < position) {
      if (Date.now() >= deadline) {
        throw new Refused('read-model-behind', undefined, { position: this.rows.position, wanted: position });
      }
      await this.rows.nextChange(Math.min(POLL_MS, deadline - Date.now()));
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (!(await this.leadership.acquire(this.stopping.signal))) break;
        await this.lead();
      } catch (error) {
        await this.afterwards(error);
      } finally {
        await this.leadership.release();
      }
    }
  }

  /** What the alarm says need not be said again at every try. */
  private async afterwards(error: unknown): Promise<void> {
    if (!(error instanceof LogDiffers)) {
      logger.error({ err: error, fold: this.definition.name }, 'the fold stopped; it starts again');
    }
    if (error instanceof RowsGone) await createTables(this.database).catch(() => undefined);
    await sleep(RETRY_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async lead(): Promise<void> {
    this.ended = Promise.withResolvers<never>();
    this.ended.promise.catch(() => undefined); // It may come before it is waited for, which is no unhandled error.
    const kept = this.leadership.keep(this.stopping.signal, () => this.check());
    kept.catch((error: unknown) => this.ended.reject(error));
    try {
      const follower = await this.begin();
      await Promise.race([kept, failureOf(follower), this.ended.promise]);
    } finally {
      const { follower } = this;
      this.follower = undefined;
      // First of all, so that nobody waits for what may hang here: what is still under way is fenced.
      await this.leadership.release();
      await follower?.stop();
    }
  }

  private async begin(): Promise<Follower> {
    await createTables(this.database);
    this.compared = this.log.epoch;
    const opened = await this.checkpoints.open(this.log, (tx) => this.leadership.fence(tx));
    if ('alarm' in opened) throw this.differs(opened.alarm);
    this.rows.saw({ ...opened, alarm: null });
    // Whoever led before may have had no time to say so.
    this.log.halt(this.definition.name, undefined);
    this.led = opened.position;
    this.follower = await this.log.follow(
      {
        durable: this.definition.name,
        filters: this.definition.filters,
        from: opened.position + 1,
        batch: this.options.batch ?? 500,
        isTransient: (error) => this.isPassing(error),
      },
      (batch) => this.foldOrGiveUp(batch),
    );
    return this.follower;
  }

  /** What a leader looks at in every beat, so that a fault at rest is seen as well. @throws RowsGone @throws LogDiffers */
  private async check(): Promise<void> {
    if (!this.follower) return;
    await this.checkpoints.checkTables();
    await this.compare();
  }

  private async compare(): Promise<void> {
    const { epoch } = this.log;
    const found = await this.checkpoints.find();
    if (!found || found.position < this.led) throw new RowsGone('the checkpoint is gone, or went back');
    if (found.rebuild) throw new RowsGone('somebody wants the rows made anew');
    const alarm = found.alarm ?? (await this.checkpoints.compare(this.log, found));
    if (alarm) throw this.differs(alarm);
    this.compared = epoch;
  }

  private differs(alarm: FoldAlarm): LogDiffers {
    this.rows.raise(alarm);
    return new LogDiffers(alarm);
  }

  /** What is final for this leadership ends it, and the follower is made anew; until then the batch is only retried. */
  private async foldOrGiveUp(batch: Batch): Promise<void> {
    try {
      // The log may have come back without its tail.
      if (this.compared !== this.log.epoch) await this.compare();
      await this.fold(batch);
    } catch (cause) {
      const error = asRowsGone(cause);
      if (endsLeadership(error)) this.ended.reject(error);
      throw error;
    }
  }

  private isPassing(error: unknown): boolean {
    if (isDatabaseDown(error) || isOutage(error) || endsLeadership(error)) return true;
    return this.blame.isTheDatabases(error);
  }

  private async fold(batch: Batch): Promise<void> {
    const { last, events } = await this.database.transaction(async (tx) => {
      const position = await this.checkpoints.lock(tx, this.led);
      const isNew = (event: { position: number }): boolean => event.position > position;
      const fresh = { events: batch.events.filter(isNew), unread: batch.unread.filter(isNew) };
      const end = Math.max(position, ...[...fresh.events, ...fresh.unread].map((event) => event.position));
      if (end > position) await this.write(fresh, end, tx);
      await this.leadership.fence(tx);
      return { last: end, events: fresh.events };
    });
    this.blame.committed(batch);
    if (last <= this.led) return;
    this.led = last;
    this.rows.advance(last);
    foldedEvents.inc({ fold: this.definition.name }, events.length);
    this.definition.committed?.(events);
  }

  private async write({ events, unread }: Batch, end: number, tx: EntityManager): Promise<void> {
    if (events.length > 0) await this.definition.apply(events, tx);
    await keepSetAside(unread, tx);
    if (unread.length > 0) await this.definition.passOver?.(unread, tx);
    await noteAcknowledged(events, tx);
    await this.checkpoints.move(tx, marksAt(end, events, unread));
  }

  private async caughtUp(position: number): Promise<void> {
    if (!this.rows.isWhole && this.leadership.leads) await this.checkpoints.nothingIsMissing(position);
  }
}

/** @throws when the log does not answer, or this machine's clock is too far from its: who does not know the time decides nothing by it */
async function fitToLead(log: EventLog): Promise<void> {
  await log.ping();
  if (!log.clock.mayLead) throw new Error(log.clock.reason());
}

/** Rejects when the follower gives up by itself; never resolves. */
async function failureOf(follower: Follower): Promise<never> {
  const error = await follower.ended;
  if (error) throw error;
  return new Promise(() => undefined);
}
