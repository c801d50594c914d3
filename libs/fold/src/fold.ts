import { Refused } from '@edgeflow/contracts';
import { foldConsumer, isOutage, type EventLog, type LogState } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { errorSparsely, logger, warnSparsely } from '@edgeflow/telemetry';
import type { FoldAlarm, FoldCheckpoint } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import { LogDiffers, RowsGone, isDatabaseDown, outOfRoom } from './database-errors.js';
import type { FoldDatabase } from './fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { FOLD_PACE, type FoldPace } from './fold-pace.js';
import { FoldWatch } from './fold-watch.js';
import { Folding, type Leading } from './folding.js';
import { Leadership } from './leadership.js';
import { alarmOfOthers } from './other-versions.js';
import { Replacement } from './replacement.js';
import { RowsState } from './rows-state.js';
import { schemasOf } from './schemas.js';

/** How often a replica that is not the leader looks how far the leader is, in milliseconds. */
const POLL_MS = 25;
/** How long a start waits for rows that may be read, in milliseconds. */
const START_MS = 5_000;
/** After an alarm or an outage the fold looks again this often, in milliseconds. */
const RETRY_MS = 2_000;
/** How often a leader looks for rows of versions that nobody needs any more, in milliseconds. */
const TIDY_MS = 600_000;

/**
 * Events in one transaction at most. Only who has to catch up has so many: a row that several of them are about is read and written once, and each of the statements
 * costs as much for few as for many (ADR 0055).
 */
const BATCH = 4_000;

/** By what a fold works. */
export interface FoldOptions {
  machine: Machine;
  /** Events in one transaction, where so many wait; default 4,000. */
  batch?: number;
  /** Default: that of a service. */
  pace?: FoldPace | undefined;
}

/**
 * A checkpointed fold of the log into Postgres: at-least-once delivery, exactly-once effect. Of several replicas of one version one folds at
 * a time, and the next takes over by itself. Rows that are made anew are built beside those that are read, which go on until the new ones
 * have taken their place (ADR 0031). Refuses to run, with a named alarm, on a log that its rows do not come from.
 */
export class Fold {
  private readonly stopping = new AbortController();
  private readonly checkpoints: Checkpoints;
  private readonly leadership: Leadership;
  private readonly rows: RowsState;
  private readonly watch: FoldWatch;
  private running: Promise<void> = Promise.resolve();
  /** The rows that are read, while this replica folds them. */
  private live: Folding | undefined;
  private replacing: Promise<void> | undefined;
  /** Fires when this leadership is over. */
  private over = new AbortController();
  /** Rejects with what ends this leadership, e.g. rows that are gone. */
  private ended = Promise.withResolvers<never>();
  private tidied = -Infinity;
  /** Why the database took no rows the last time. */
  private refusal: string | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly database: FoldDatabase,
    private readonly definition: FoldDefinition,
    private readonly options: FoldOptions,
  ) {
    const { name, version } = definition;
    const { machine, pace = FOLD_PACE } = options;
    const { home, live } = database.schemas;
    if (live !== schemasOf(home, version).live) throw new Error(`${name} is of another version than ${live}`);
    this.checkpoints = new Checkpoints(database, name, machine);
    this.rows = new RowsState(name, (alarm) => log.halt(name, alarm), machine.clock);
    this.leadership = new Leadership(database, name, () => fitToLead(log), machine, pace);
    this.watch = new FoldWatch(log, database, definition, () => this.committed(), machine.clock, pace.look_ms);
  }

  /**
   * Begins to fold, in the background; outages of NATS and Postgres are waited out. Resolves when there are rows that may be read, which those of
   * an earlier run may at once, or after some seconds: then there will be later.
   */
  async start(): Promise<void> {
    this.running = Promise.all([this.run(), this.watch.run(this.stopping.signal)]).then(() => undefined);
    const until = this.steady_ms() + START_MS;
    while (!this.rows.isWhole && !this.rows.alarm && this.steady_ms() < until)
      await this.rows.nextChange(until - this.steady_ms());
  }

  /** Finishes the batch that is being folded and stops. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.live?.stop();
    await this.running;
  }

  /** The position of the last event in the rows, as far as this process knows; `committed()` asks the database. */
  get position(): number {
    return this.rows.position;
  }

  /** Of the rows that are read, as far as this process knows: another one once others have come in their place. */
  get generation(): string {
    return this.rows.generation;
  }

  /** The checkpoint in the database: every row that a query started after this call sees is at least this far. */
  async committed(): Promise<number> {
    await this.look();
    return this.rows.position;
  }

  private async look(): Promise<FoldCheckpoint | undefined> {
    const { position } = this.rows;
    const found = await this.checkpoints.find();
    this.rows.saw(found, position);
    return found;
  }

  /**
   * The checkpoint, for whoever is about to answer from the rows or to decide by them. It may be behind what was committed before PostgreSQL crashed.
   * @throws Refused `read-model-behind` while they are being made anew and there are no others
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
    return this.live !== undefined && this.leadership.leads && this.rows.isWhole;
  }

  /**
   * True while this replica leads and its rows hold everything that was stored before it did: who decides by them knows what the leader
   * before it has decided. @throws Refused `log-unavailable`
   */
  async decides(): Promise<boolean> {
    return this.leading() && (await this.live?.caughtUp()) === true && this.leading();
  }

  /** Why nobody folds though somebody should; undefined while somebody does. */
  vacancy(): Promise<string | undefined> {
    return this.leadership.vacancy();
  }

  /** Why the database stores no rows though it answers, its disk being full; undefined while it does, as far as this leader knows. */
  unwritten(): string | undefined {
    return this.refusal;
  }

  /** What the fold has not got past for long, though the JetStream stream has it, in words; undefined while it gets on. */
  stalled(): string | undefined {
    return this.watch.stalled();
  }

  /** Events that are stored and not folded yet, by the log and the checkpoint. */
  async lag(): Promise<number> {
    return (await this.log.waiting(this.definition.filters, await this.committed()))?.events ?? 0;
  }

  /**
   * Says that somebody waits for what stands at a position, so that it does not wait for others to be folded with it. Heard by the replica that
   * folds.
   */
  hurry(position: number): void {
    this.live?.hurry(position);
  }

  /**
   * Resolves when the rows have reached `position` (read your writes).
   * @throws Refused `read-model-behind` when they have not within `timeoutMs`
   */
  async waitFor(position: number, timeoutMs: number): Promise<void> {
    const deadline = this.steady_ms() + timeoutMs;
    this.hurry(position);
    while (this.rows.position < position && (await this.committed()) < position) {
      if (this.steady_ms() >= deadline) {
        throw new Refused('read-model-behind', undefined, { position: this.rows.position, wanted: position });
      }
      await this.rows.nextChange(Math.min(POLL_MS, deadline - this.steady_ms()));
    }
  }

  private steady_ms(): number {
    return this.options.machine.clock.steady_ms();
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
    this.refusal = outOfRoom(error);
    if (error instanceof LogDiffers) this.rows.raise(error.alarm);
    else {
      const { name } = this.definition;
      const kind = error instanceof Error ? error.name : 'no error';
      const say = isDatabaseDown(error) || isOutage(error) ? warnSparsely : errorSparsely;
      say(
        `${name} ${kind}`,
        { err: error, fold: name },
        'the fold stopped; it starts again',
        this.options.machine.clock,
      );
    }
    if (error instanceof RowsGone) await this.database.createHome().catch(() => undefined);
    await this.options.machine.clock.sleep(RETRY_MS, { signal: this.stopping.signal });
  }

  private async lead(): Promise<void> {
    this.over = new AbortController();
    this.ended = Promise.withResolvers<never>();
    this.ended.promise.catch(() => undefined); // It may come before it is waited for, which is no unhandled error.
    const kept = this.leadership.keep(this.stopping.signal, (log) => this.check(log));
    kept.catch((error: unknown) => this.ended.reject(error));
    try {
      await this.begin();
      await Promise.race([kept, this.ended.promise]);
    } finally {
      const { live, replacing } = this;
      this.live = undefined;
      this.over.abort();
      // Who stops finishes its batch as the leader.
      if (this.stopping.signal.aborted) await live?.stop();
      // Else first of all, so that nobody waits for what may hang here: what is still under way is fenced.
      await this.leadership.release();
      await Promise.all([live?.stop(), replacing]);
    }
  }

  private async begin(): Promise<void> {
    const { epoch } = this.log;
    const found = await this.usable();
    // Whoever led before may have had no time to say so.
    this.log.halt(this.definition.name, undefined);
    if (found) await this.goOn(found, epoch);
    else this.rows.raise(undefined);
    if (!found || found.rebuild) this.replace();
  }

  /** The checkpoint of rows that may be read; undefined when there are none. @throws LogDiffers */
  private async usable(): Promise<FoldCheckpoint | undefined> {
    const found = await this.look();
    if (found?.rebuild === 'wrong') return undefined;
    const { log, database, definition } = this;
    const { clock } = this.options.machine;
    const alarm = found
      ? await this.checkpoints.compare(log, found)
      : await alarmOfOthers(log, database, definition.name, clock);
    if (alarm) throw new LogDiffers(alarm);
    if (!found || (await database.wrongTables()).length === 0) return found;
    await this.checkpoints.want('wrong');
    this.rows.saw({ ...found, rebuild: 'wrong' });
    return undefined;
  }

  /** Folds what is read. @param epoch of the log, from before the checkpoint was compared with it */
  private async goOn(found: FoldCheckpoint, epoch: number): Promise<void> {
    this.rows.saw(found);
    const { name, version = 1 } = this.definition;
    const live = this.folding(foldConsumer(name, version));
    await live.start(found, epoch);
    live.ended().catch((error: unknown) => this.ended.reject(error));
    this.live = live;
  }

  private folding(consumer: string): Folding {
    return new Folding(this.log, this.database, this.definition, {
      ...{ consumer, lasts: this.definition.lasts ?? 'at-once', ...this.led },
      committed: (batch, position) => {
        this.rows.advance(position);
        this.definition.committed?.(batch);
      },
    });
  }

  /** How rows are folded by this leader, whichever they are. */
  private get led(): Leading {
    const { machine, batch = BATCH } = this.options;
    return {
      ...{ machine, batch },
      fence: (tx) => this.leadership.fence(tx),
      refused: (reason) => (this.refusal = reason),
    };
  }

  /** What a leader looks at in every beat, so that a fault at rest is seen as well. @param log what it held just now @throws RowsGone @throws LogDiffers */
  private async check(log: LogState): Promise<void> {
    const found = await this.live?.check(log);
    if (found?.rebuild === 'asked') this.replace();
    if (this.steady_ms() < this.tidied + TIDY_MS) return;
    this.tidied = this.steady_ms();
    await this.database.dropUnused();
  }

  /** Has rows built and put in the place of those that are there, in the background. */
  private replace(): void {
    if (this.replacing) return;
    const reason = this.live ? 'somebody asked for it' : 'there are none that may be read';
    logger.info({ fold: this.definition.name, reason }, 'rows are made anew from the log');
    this.replacing = this.build()
      .catch((error: unknown) => this.ended.reject(error))
      .finally(() => (this.replacing = undefined));
  }

  private async build(): Promise<void> {
    const options = { ...this.led, signal: this.over.signal };
    const replacement = new Replacement(this.log, this.definition, options, this.database, this.live);
    const { epoch } = this.log;
    if (!(await replacement.run())) return;
    const found = await this.checkpoints.find();
    if (!found || this.over.signal.aborted) throw new RowsGone('rows that were built are not there');
    await this.goOn(found, epoch);
    this.definition.committed?.(replacement.unsaid);
    await this.database.dropLeft().catch(() => undefined); // Or another time.
  }
}

/**
 * What the log holds.
 * @throws when it does not answer, or this machine's clock is too far from its: who does not know the time decides nothing by it
 */
async function fitToLead(log: EventLog): Promise<LogState> {
  const state = await log.state();
  if (!log.clock.mayLead) throw new Error(log.clock.reason());
  return state;
}
