import { Refused, type StoredEvent } from '@edgeflow/contracts';
import { isOutage, type Batch, type EventLog, type Follower, type LogState, type Part } from '@edgeflow/event-log';
import type { Machine } from '@edgeflow/runtime';
import { Blame } from './blame.js';
import { FoldCheckpoint } from './checkpoint.js';
import { Checkpoints, assertThere } from './checkpoints.js';
import { LogDiffers, RowsGone, endsLeadership, isDatabaseDown, isTableGone, outOfRoom } from './database-errors.js';
import { marksAt } from './divergence.js';
import type { Fence, FoldDatabase, FoldTransaction, Lasts } from './fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { foldedEvents } from './metrics.js';
import { keepDeadLetters, noteAcknowledged } from './dead-letters.js';
import { pipelined } from './pipelined.js';

/**
 * So long an event waits for others to be folded with it, in milliseconds: a transaction costs as much for one as for many. Rows are so much later
 * at most, and not for whoever says that he waits (ADR 0048).
 */
const COMPANY_MS = 20;

/** How a leader folds rows, whichever they are. */
export interface Leading {
  machine: Machine;
  /** Events in one transaction. */
  batch: number;
  /** Last in each transaction. @throws Deposed when another replica leads */
  fence: Fence;
  /** Told why the database takes no rows, its disk being full; undefined when it has. */
  refused: (reason: string | undefined) => void;
}

/** How some rows are folded. */
interface FoldingOptions extends Leading {
  /** The durable consumer's name. */
  consumer: string;
  lasts: Lasts;
  /** Told of each commit. */
  committed: (batch: readonly StoredEvent[], position: number) => void;
}

/** One set of rows while a leader folds it: from its checkpoint on, until it is stopped or something ends it. */
export class Folding {
  private readonly checkpoints: Checkpoints;
  private readonly blame = new Blame();
  private readonly over = Promise.withResolvers<never>();
  private follower: Follower | undefined;
  /** The position of the last event in the rows, as far as is known: where it began, and its own commits since. */
  position = 0;
  /** The connection to the log over which the rows were compared with it before the first batch that came over it. */
  private compared: number | undefined;
  /** Where the log ended when it was first asked, over a connection, whether the rows are that far. */
  private asked: { epoch: number; end: number } | undefined;
  /** The connection over which they were found to be. */
  private abreast: number | undefined;
  /** The connection over which the batch came that is being folded. */
  private underWay: number | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly database: FoldDatabase,
    private readonly definition: FoldDefinition,
    private readonly options: FoldingOptions,
  ) {
    this.checkpoints = new Checkpoints(database, definition.name, options.machine);
    this.over.promise.catch(() => undefined); // It may come before it is waited for, which is no unhandled error.
  }

  /** Begins behind the checkpoint that was compared with the log just now. @param epoch of the log, from before it was compared */
  async start({ position }: Pick<FoldCheckpoint, 'position'>, epoch: number): Promise<void> {
    this.position = position;
    this.compared = epoch;
    this.follower = await this.log.follow(
      {
        durable: this.options.consumer,
        dead_letters_as: this.definition.name,
        filters: this.definition.filters,
        from: position + 1,
        batch: this.options.batch,
        company_ms: COMPANY_MS,
        isTransient: (error) => this.isPassing(error),
      },
      (batch) => this.foldOrGiveUp(batch),
    );
  }

  /** Somebody waits for the rows to reach a position. */
  hurry(position: number): void {
    if (position > this.position) this.follower?.hurry(position);
  }

  /** Finishes the batch that is being folded. */
  async stop(): Promise<void> {
    await this.follower?.stop();
  }

  /**
   * True once the rows hold all that was in the log when this was first asked, and nothing that was not; anew after the connection was lost, since
   * then. Rows that are of another log end it. @throws Refused `log-unavailable` @throws LogDiffers
   */
  async caughtUp(): Promise<boolean> {
    const { epoch } = this.log;
    if (this.abreast === epoch) return true;
    // What came over the connection before may be committed after the rows were looked at.
    if (this.underWay !== undefined && this.underWay !== epoch) return false;
    await this.endedBy(() => this.compareOver(epoch));
    const { end } = this.asked?.epoch === epoch ? this.asked : { end: (await this.log.state()).last };
    this.asked = { epoch, end };
    const next = await this.log.waiting(this.definition.filters, this.position);
    if (next !== undefined && next.first <= end) {
      this.hurry(end);
      return false;
    }
    this.abreast = epoch;
    return true;
  }

  /** Never resolves. @throws what ends it by itself: rows that are gone or wrong, another log, another leader */
  async ended(): Promise<never> {
    const gaveUp = this.follower?.ended.then((error) => (error ? Promise.reject(error) : this.over.promise));
    return Promise.race([this.over.promise, gaveUp ?? this.over.promise]);
  }

  /** Looks whether the rows are what was committed. @param log what it held just now @throws RowsGone @throws LogDiffers */
  async check(log: LogState): Promise<FoldCheckpoint> {
    const missing = await this.database.wrongTables();
    if (missing.length > 0) throw new RowsGone(`tables are gone: ${missing.join(', ')}`);
    return this.compare(log);
  }

  private async compare(seen?: LogState): Promise<FoldCheckpoint> {
    // From before the question: a batch may be committed meanwhile.
    const { position } = this;
    const found = assertThere(await this.checkpoints.find(), position);
    const alarm = await this.checkpoints.compare(this.log, found, seen);
    if (alarm) throw new LogDiffers(alarm);
    return found;
  }

  /** The log that came back may not be the one that the rows are of. @param epoch of the connection @throws LogDiffers */
  private async compareOver(epoch: number): Promise<void> {
    if (this.compared !== epoch) await this.compare();
    this.compared = epoch;
  }

  /** Until something final ends it the batch is only retried. */
  private async foldOrGiveUp(batch: Batch): Promise<void> {
    this.underWay = batch.epoch;
    try {
      await this.endedBy(async () => {
        await this.compareOver(batch.epoch);
        // The log may have come back without its tail, and this batch be what it has lost. It comes again, if it is there.
        if (batch.epoch !== this.log.epoch) throw new Refused('log-unavailable', 'the connection was lost meanwhile');
        await this.fold(batch);
      });
      this.options.refused(undefined);
    } catch (error) {
      this.options.refused(outOfRoom(error));
      throw error;
    } finally {
      this.underWay = undefined;
    }
  }

  /** What is final ends the whole. @throws what `work` throws */
  private async endedBy(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      const error = isTableGone(cause) ? new RowsGone('the tables were dropped', { cause }) : cause;
      if (endsLeadership(error)) this.over.reject(error);
      throw error;
    }
  }

  private isPassing(error: unknown): boolean {
    if (isDatabaseDown(error) || isOutage(error) || endsLeadership(error)) return true;
    return this.blame.isTheDatabases(error);
  }

  private async fold(batch: Batch): Promise<void> {
    const { last, events } = await this.database.inTransaction(async (tx) => {
      const position = await this.checkpoints.lock(tx, this.position, this.options.lasts);
      const isNew = (event: { position: number }): boolean => event.position > position;
      const fresh = { events: batch.events.filter(isNew), unread: batch.unread.filter(isNew) };
      const end = Math.max(position, ...[...fresh.events, ...fresh.unread].map((event) => event.position));
      if (end > position) await this.write(fresh, end, tx);
      else await this.options.fence(tx);
      return { last: end, events: fresh.events };
    });
    this.blame.committed(batch);
    if (last <= this.position) return;
    this.position = last;
    foldedEvents.inc({ fold: this.definition.name }, events.length);
    this.options.committed(events, last);
  }

  private async write({ events, unread }: Part, end: number, tx: FoldTransaction): Promise<void> {
    if (events.length > 0) await this.definition.apply(events, tx);
    await keepDeadLetters(unread, tx);
    if (unread.length > 0) await this.definition.passOver?.(unread, tx);
    await noteAcknowledged(events, tx);
    const moved = tx.change(FoldCheckpoint, { name: this.definition.name }, marksAt(end, events, unread));
    await pipelined(moved, this.options.fence(tx));
  }
}
