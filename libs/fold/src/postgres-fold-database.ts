import { checkpointsOfOthers } from './checkpoints-of-others.js';
import type { FoldCheckpoint } from './checkpoint.js';
import { dropLeft, dropUnused } from './drop-unused.js';
import type { Fence, FoldDatabase, FoldTransaction } from './fold-database.js';
import { inOneSnapshot } from './one-snapshot.js';
import { PostgresLeases } from './postgres-leases.js';
import { PostgresMoment } from './postgres-moment.js';
import { PostgresRows } from './postgres-rows.js';
import { PostgresTransaction } from './postgres-transaction.js';
import { RowsSource } from './rows-source.js';
import type { MomentRows, Rows } from './rows.js';
import { createHome, createRows } from './tables.js';
import { isLiveUnread, takePlace } from './take-place.js';
import { wrongTables } from './wrong-tables.js';

/** The database of a fold in PostgreSQL. It is TypeORM's data source as well, for what asks in SQL. */
export class PostgresFoldDatabase extends RowsSource implements FoldDatabase {
  readonly leases = new PostgresLeases(this, this.schemas);

  get rows(): Rows {
    return new PostgresRows(this.manager);
  }

  async open(): Promise<void> {
    await this.initialize();
  }

  close(): Promise<void> {
    return this.destroy();
  }

  inTransaction<T>(work: (tx: FoldTransaction) => Promise<T>): Promise<T> {
    return this.transaction((tx) => work(new PostgresTransaction(tx, this.schemas)));
  }

  asOfOneMoment<T>(read: (rows: MomentRows) => Promise<T>): Promise<T> {
    return inOneSnapshot(this, (tables) => read(new PostgresMoment(tables)));
  }

  /** So is one that was made so by hand, and a standby. */
  async isReadOnly(): Promise<boolean> {
    const setting = `current_setting('transaction_read_only') = 'on'`;
    const [row] = (await this.query(`SELECT ${setting} AS read_only`)) as { read_only: boolean }[];
    return row?.read_only === true;
  }

  createHome(): Promise<void> {
    return createHome(this);
  }

  createRows(): Promise<void> {
    return createRows(this);
  }

  wrongTables(): Promise<string[]> {
    return wrongTables(this);
  }

  checkpointsOfOthers(fold: string): Promise<FoldCheckpoint[]> {
    return checkpointsOfOthers(this, fold);
  }

  next(): PostgresFoldDatabase {
    const { next } = this.schemas;
    return new PostgresFoldDatabase(this.optionsBeside(next), this.schemas, next, this.machine);
  }

  isUnread(): Promise<boolean> {
    return isLiveUnread(this);
  }

  takePlace(fence: Fence, reached: number, left_as: string): Promise<boolean> {
    return takePlace(this, fence, { reached, left_as });
  }

  dropLeft(): Promise<void> {
    return dropLeft(this);
  }

  dropUnused(): Promise<void> {
    return dropUnused(this);
  }
}
