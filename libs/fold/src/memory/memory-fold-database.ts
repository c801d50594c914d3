import { RowsGone } from '../database-errors.js';
import type { FoldCheckpoint } from '../checkpoint.js';
import type { Fence, FoldDatabase, FoldTransaction, Leases } from '../fold-database.js';
import type { MomentRows, RowClass, Rows } from '../rows.js';
import { anyVersionOf, schemasOf, type Schemas } from '../schemas.js';
import type { StoredRow } from './column-values.js';
import type { MemoryClient } from './memory-connection.js';
import { MemoryError } from './memory-error.js';
import { CHECKPOINT, MemoryFoldTransaction } from './memory-fold-transaction.js';
import { LEASE_TABLE, MemoryLeases, type LeaseRow } from './memory-leases.js';
import { MemoryMoment } from './memory-moment.js';
import { MemoryRows, type Ask } from './memory-rows.js';
import { tablesOf, type MemoryServer } from './memory-server.js';
import { MemoryTable } from './memory-table.js';
import { MemorySessions } from './memory-sessions.js';
import type { MemoryTransaction } from './memory-transaction.js';

/** How long whoever would put rows in the place of others waits for their readers, in milliseconds, as `takePlace` does; and whoever drops them. */
const LOCK_MS = 100;
const DROP_MS = 1_000;
/** Versions of a fold that nobody has led for so long are dropped, in milliseconds. */
const UNUSED_MS = 86_400_000;

export interface MemoryDatabaseOptions extends MemoryClient {
  /** The service's own schema, as `openDatabase` has it. */
  schema: string;
  version?: number | undefined;
  entities: readonly RowClass<object>[];
}

/** One replica's way to the rows of a fold in a server in memory. */
export class MemoryFoldDatabase implements FoldDatabase {
  readonly schemas: Schemas;
  readonly sees: string;
  readonly rows: Rows;
  readonly leases: Leases;
  private readonly leasesHere: MemoryLeases;
  private readonly sessions: MemorySessions;
  /** A statement in a transaction of its own. */
  private readonly byItself: Ask;

  constructor(
    private readonly server: MemoryServer,
    private readonly options: MemoryDatabaseOptions,
    /** Of the way to the live rows, where this is not it. */
    of?: { sees: string; sessions: MemorySessions },
  ) {
    this.schemas = schemasOf(options.schema, options.version);
    this.sees = of?.sees ?? this.schemas.live;
    this.sessions = of?.sessions ?? new MemorySessions(server, options);
    this.byItself = this.sessions.each(this.sees);
    this.rows = new MemoryRows(server, this.byItself);
    this.leasesHere = new MemoryLeases(server, this.schemas, this.byItself);
    this.leases = this.leasesHere;
  }

  open(): Promise<void> {
    return this.createHome();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The process ends or stands still in whatever it does. @param noticed false: the server keeps its transactions until its own limit */
  die(noticed: boolean): void {
    this.sessions.die(noticed);
  }

  inTransaction<T>(work: (tx: FoldTransaction) => Promise<T>): Promise<T> {
    return this.sessions.transacted(this.sees, (ask) =>
      work(new MemoryFoldTransaction(this.server, ask, this.leasesHere)),
    );
  }

  asOfOneMoment<T>(read: (rows: MomentRows) => Promise<T>): Promise<T> {
    return this.sessions.transacted(this.sees, async (ask) => {
      await ask({ kind: 'LOCK', of: CHECKPOINT, writes: false }, async (tx) => {
        await tx.table(CHECKPOINT);
        tx.holdMoment();
      });
      return read(new MemoryMoment(this.server, ask));
    });
  }

  isReadOnly(): Promise<boolean> {
    return this.byItself({ kind: 'SHOW', of: 'transaction_read_only', writes: false }, () =>
      Promise.resolve(this.server.isReadOnly),
    );
  }

  createHome(): Promise<void> {
    const { home } = this.schemas;
    return this.defining('CREATE SCHEMA', home, async (tx) => {
      await tx.lock(this.server.homes, 'exclusive');
      tx.later(() => {
        if (this.server.schemas.has(home)) return;
        this.server.schemas.set(home, new Map([[LEASE_TABLE.name, new MemoryTable(LEASE_TABLE)]]));
      });
    });
  }

  createRows(): Promise<void> {
    return this.defining('CREATE TABLE', this.sees, async (tx) => {
      await tx.lock(this.server.makers, 'exclusive');
      await this.lockAll(tx, this.sees);
      tx.later(() => this.server.schemas.set(this.sees, this.server.emptySchema(this.options.entities)));
    });
  }

  wrongTables(): Promise<string[]> {
    return this.byItself({ kind: 'select', of: 'pg_attribute', writes: false }, () => {
      const found = this.server.schemas.get(this.sees);
      const wrong = tablesOf(this.options.entities).flatMap(({ name }) => {
        const table = found?.get(name);
        return table ? [...table.dropped].map((column) => `"${name}".${column}`) : [`"${name}"`];
      });
      return Promise.resolve(wrong);
    });
  }

  checkpointsOfOthers(fold: string): Promise<FoldCheckpoint[]> {
    const others = new RegExp(anyVersionOf(this.schemas.home));
    return this.byItself({ kind: 'select', of: CHECKPOINT, writes: false }, async (tx) => {
      const found: FoldCheckpoint[] = [];
      for (const [name, tables] of this.server.schemas) {
        if (!others.test(name) || name === this.schemas.live || !tables.has(CHECKPOINT)) continue;
        const row = tx.row(await tx.table(CHECKPOINT, name), fold) as unknown as FoldCheckpoint | undefined;
        if (row?.rebuild === null) found.push(row);
      }
      return found;
    });
  }

  next(): MemoryFoldDatabase {
    const { sessions } = this;
    return new MemoryFoldDatabase(this.server, this.options, { sees: this.schemas.next, sessions });
  }

  isUnread(): Promise<boolean> {
    return granted(this.sessions.transacted(this.sees, (ask) => this.lockLive(ask)));
  }

  takePlace(fence: Fence, reached: number, left_as: string): Promise<boolean> {
    const { live, next, left } = this.schemas;
    const { schemas } = this.server;
    const take = async (ask: Ask): Promise<void> => {
      await this.lockLive(ask);
      await ask({ kind: 'RENAME', of: next, writes: true }, async (tx) => {
        const built = await tx.table(CHECKPOINT, next);
        for (const key of built.rows.keys()) {
          const row = await tx.lockedRow(built, key);
          if (row && row.rebuild !== null) throw new RowsGone('what was built is not wanted any more');
          if (row && Number(row.position) < reached) tx.write(built, key, moved(row, reached));
        }
        tx.later(() => {
          const [before, built_rows] = [schemas.get(live), schemas.get(next)];
          if (before) schemas.set(`${left}_${left_as}`, before);
          if (built_rows) schemas.set(live, built_rows);
          schemas.delete(next);
        });
      });
      await fence(new MemoryFoldTransaction(this.server, ask, this.leasesHere));
    };
    return granted(this.sessions.transacted(this.sees, take));
  }

  async dropLeft(): Promise<void> {
    await this.dropAll(new RegExp(`^${this.schemas.left}_`));
  }

  async dropUnused(): Promise<void> {
    await this.dropLeft();
    const { home, live } = this.schemas;
    const now = this.server.clock.now().getTime();
    const versions = new RegExp(anyVersionOf(home));
    const unused = await this.byItself({ kind: 'select', of: LEASE_TABLE.name, writes: false }, async (tx) => {
      const rows = tx.rows(await tx.table(LEASE_TABLE.name, home)) as unknown as LeaseRow[];
      return rows.filter(
        ({ name, expires_at }) => name !== live && versions.test(name) && expires_at < now - UNUSED_MS,
      );
    });
    for (const { name } of unused) {
      if (!(await this.dropAll(new RegExp(`^${name}(_next|_left_.*)?$`)))) continue;
      await this.byItself({ kind: 'lease', of: LEASE_TABLE.name, writes: true }, async (tx) => {
        const table = await tx.table(LEASE_TABLE.name, home);
        const row = (await tx.lockedRow(table, name)) as unknown as LeaseRow | undefined;
        if (row && row.expires_at < now - UNUSED_MS) tx.write(table, name, undefined);
      });
    }
  }

  private defining(kind: string, of: string, work: (tx: MemoryTransaction) => Promise<void>): Promise<void> {
    return this.byItself({ kind, of, writes: true }, async (tx) => {
      this.server.checkWritable();
      await work(tx);
    });
  }

  /** Waits for whoever reads the live rows as of one moment, but not for long. */
  private async lockLive(ask: Ask): Promise<void> {
    await ask({ kind: 'LOCK', of: CHECKPOINT, writes: true }, async (tx) => {
      tx.lock_ms = LOCK_MS;
      const { live } = this.schemas;
      if (this.server.schemas.get(live)?.has(CHECKPOINT)) await tx.table(CHECKPOINT, live, 'exclusive');
    });
  }

  private async lockAll(tx: MemoryTransaction, schema: string): Promise<void> {
    for (const name of this.server.schemas.get(schema)?.keys() ?? []) await tx.table(name, schema, 'exclusive');
  }

  /** @returns true when none is left */
  private async dropAll(which: RegExp): Promise<boolean> {
    let isAll = true;
    for (const name of [...this.server.schemas.keys()].filter((one) => which.test(one))) {
      const dropped = this.defining('DROP SCHEMA', name, async (tx) => {
        tx.lock_ms = DROP_MS;
        await this.lockAll(tx, name);
        tx.later(() => this.server.schemas.delete(name));
      });
      await dropped.catch(() => (isAll = false));
    }
    return isAll;
  }
}

function moved(row: StoredRow, position: number): StoredRow {
  return Object.freeze({ ...row, position, event_id: null });
}

/** False when a lock was not got in time. */
async function granted(transaction: Promise<unknown>): Promise<boolean> {
  try {
    await transaction;
    return true;
  } catch (error) {
    if (!(error instanceof MemoryError) || error.code !== '55P03') throw error;
    return false;
  }
}
