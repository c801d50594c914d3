import type { StoredEvent } from '@edgeflow/contracts';
import { foldConsumer, isOutage, type EventLog, type Waiting } from '@edgeflow/event-log';
import type { FoldCheckpoint } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import { LogDiffers } from './database-errors.js';
import type { FoldDatabase } from './fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { Folding, type Leading } from './folding.js';
import { foldBuilding } from './metrics.js';
import { switchOver, waitForReaders } from './switch-over.js';

/** How often it is looked how far the new rows are, in milliseconds. */
const LOOK_MS = 50;
/** The same while the log does not answer. */
const OUTAGE_MS = 500;
/** New rows are near when so many events are left to fold: what is read stands still for them. */
const NEAR = 500;

/** Rows that are built from the log's first event beside those that are read, and then put in their place (ADR 0031). */
export class Replacement {
  private readonly database: FoldDatabase;
  private readonly checkpoints: Checkpoints;
  private readonly folding: Folding;
  /** Events that the new rows have before the rows that are read. */
  private early: { batch: readonly StoredEvent[]; position: number }[] = [];

  constructor(
    private readonly log: EventLog,
    private readonly definition: FoldDefinition,
    /** `signal` fires when this leadership is over. */
    private readonly options: Leading & { signal: AbortSignal },
    live: FoldDatabase,
    /** Folds what is read meanwhile; undefined when there is nothing that may be read. */
    private readonly beside: Folding | undefined,
  ) {
    this.database = live.next();
    this.checkpoints = new Checkpoints(this.database, definition.name, options.machine);
    this.folding = new Folding(log, this.database, definition, {
      consumer: foldConsumer(definition.name, definition.version ?? 1, true),
      ...options,
      // Whoever puts them in the place of others waits for all of it.
      lasts: 'soon',
      committed: (batch, position) => this.committed(batch, position),
    });
  }

  /**
   * Builds the rows, stops those beside them once these are as far as they, and puts them in their place.
   * @returns false when the leadership ended before; else nothing is folded any more
   * @throws RowsGone, LogDiffers and what else ends a leadership
   */
  async run(): Promise<boolean> {
    await this.database.open();
    try {
      const { epoch } = this.log;
      await this.folding.start(await this.open(), epoch);
      return await Promise.race([this.replace(), this.folding.ended()]);
    } finally {
      foldBuilding.remove({ fold: this.definition.name });
      await this.folding.stop();
      await this.database.close();
    }
  }

  /** Events in the new rows that the rows beside them did not have. */
  get unsaid(): StoredEvent[] {
    const { position = 0 } = this.beside ?? {};
    return this.early.flatMap(({ batch }) => batch.filter((event) => event.position > position));
  }

  /** Goes on with rows that were begun, or begins. */
  private async open(): Promise<Pick<FoldCheckpoint, 'position'>> {
    const found = await this.checkpoints.find();
    if (!found || found.rebuild || (await this.database.wrongTables()).length > 0) return this.begin();
    const alarm = await this.checkpoints.compare(this.log, found);
    if (!alarm) return found;
    // The rows beside these have an alarm of their own.
    if (!this.beside) throw new LogDiffers(alarm);
    return this.begin();
  }

  private async begin(): Promise<Pick<FoldCheckpoint, 'position'>> {
    const { created } = await this.log.state();
    await this.database.createRows();
    await this.database.inTransaction(async (tx) => {
      await this.checkpoints.begin(tx, created);
      await this.options.fence(tx);
    });
    return { position: 0 };
  }

  private async replace(): Promise<boolean> {
    const { beside, folding } = this;
    const { last } = await this.log.state();
    // What comes meanwhile never ends: it is enough to be near when the other rows stand still for a moment.
    const near = beside ? await this.comes((left) => left.events <= NEAR) : await this.reaches(last);
    const { fence, machine, signal } = this.options;
    if (!near || !(await waitForReaders(this.database, signal, machine.clock))) return false;
    await beside?.stop();
    const reached = beside?.position ?? 0;
    if (!(await this.reaches(reached))) return false;
    await folding.stop();
    await switchOver(this.database, fence, reached, machine);
    return true;
  }

  /** What stood there may have left the log, as presence does. */
  private reaches(position: number): Promise<boolean> {
    this.folding.hurry(position);
    return this.comes(({ first }) => first > position);
  }

  /**
   * Waits until nothing is left to fold, or no more than is wanted.
   * @returns false when the leadership ended before
   */
  private async comes(isEnough: (left: Waiting) => boolean): Promise<boolean> {
    const { signal, machine } = this.options;
    while (!signal.aborted) {
      const left = await this.left();
      if (left === 'unknown') continue;
      foldBuilding.set({ fold: this.definition.name }, left?.events ?? 0);
      if (!left || isEnough(left)) return true;
      await machine.clock.sleep(LOOK_MS, { signal });
    }
    return false;
  }

  private async left(): Promise<Waiting | 'unknown' | undefined> {
    try {
      return await this.log.waiting(this.definition.filters, this.folding.position);
    } catch (error) {
      if (!isOutage(error)) throw error;
      await this.options.machine.clock.sleep(OUTAGE_MS, { signal: this.options.signal });
      return 'unknown';
    }
  }

  private committed(batch: readonly StoredEvent[], position: number): void {
    const { beside } = this;
    if (!beside) return this.definition.committed?.(batch);
    this.early = this.early.filter((one) => one.position > beside.position);
    if (position > beside.position) this.early.push({ batch, position });
  }
}
