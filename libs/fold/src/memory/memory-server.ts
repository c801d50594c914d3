import type { RowClass } from '../rows.js';
import { shapeOf, type TableShape } from '../table-shape.js';
import { FoldCheckpoint } from '../checkpoint.js';
import { DeadLetterRow } from '../dead-letter.row.js';
import type { StoredRow } from './column-values.js';
import { MemoryError } from './memory-error.js';
import type { MemoryClock } from './memory-faults.js';
import { Lock } from './memory-locks.js';
import type { Model } from './memory-models.js';
import { MemoryTable, type MemorySchema } from './memory-table.js';

export interface MemoryServerOptions {
  clock: MemoryClock;
  /** Of all named queries and statements that are asked for. */
  models?: readonly Model[];
}

/**
 * A PostgreSQL server in memory, as far as folds and their readers can tell: schemas, committed rows, locks. Clients reach it by a
 * `MemoryFoldDatabase` of their own.
 */
export class MemoryServer {
  readonly schemas = new Map<string, MemorySchema>();
  /** Of whoever makes or drops schemas of a service, and rows. */
  readonly homes = new Lock();
  readonly makers = new Lock();
  readonly clock: MemoryClock;
  /** Who reads as of a moment that is over. */
  readonly moments = new Set<object>();
  /** How many commits there were. */
  moment = 0;
  /** True for a standby, or a server that was made so by hand. */
  isReadOnly = false;
  private readonly models: ReadonlyMap<string, Model>;

  constructor({ clock, models = [] }: MemoryServerOptions) {
    this.clock = clock;
    this.models = new Map(models.map((model) => [model.name, model]));
  }

  /** @throws MemoryError 42P01 */
  tableOf(schema: string, name: string): MemoryTable {
    const found = this.schemas.get(schema)?.get(name);
    if (!found) throw new MemoryError('42P01', `relation "${name}" does not exist`);
    return found;
  }

  /** @throws TypeError when nobody has said what it is in memory */
  modelOf(name: string): Model {
    const found = this.models.get(name);
    if (!found) throw new TypeError(`${name} has no model in memory`);
    return found;
  }

  /** @throws MemoryError 25006 */
  checkWritable(): void {
    if (this.isReadOnly) throw new MemoryError('25006', 'cannot execute it in a read-only transaction');
  }

  /** Tables without rows, and those that every fold has beside them. */
  emptySchema(tables: readonly RowClass<object>[]): MemorySchema {
    return new Map(tablesOf(tables).map((shape) => [shape.name, new MemoryTable(shape)]));
  }

  commit(written: ReadonlyMap<MemoryTable, ReadonlyMap<string, StoredRow | undefined>>): void {
    if (written.size === 0) return;
    const isRead = this.moments.size > 0;
    this.moment += 1;
    for (const [table, rows] of written) {
      for (const [key, row] of rows) table.commit(key, row, this.moment, isRead);
    }
  }

  /** What somebody does to schemas and tables with their own hands, at once. */
  dropSchema(schema: string): void {
    this.schemas.delete(schema);
  }

  dropTable(schema: string, table: string): void {
    this.schemas.get(schema)?.delete(table);
  }

  dropColumn(schema: string, table: string, column: string): void {
    this.tableOf(schema, table).dropped.add(column);
  }

  /** Has a lease end so many milliseconds from now. */
  leaseEnds(home: string, name: string, in_ms: number): void {
    const leases = this.tableOf(home, 'fold_lease');
    const found = leases.rows.get(name);
    const expires_at = this.clock.now().getTime() + in_ms;
    if (found) this.commit(new Map([[leases, new Map([[name, { ...found, expires_at }]])]]));
  }
}

/** The tables of rows, and those that every fold has beside them. */
export function tablesOf(tables: readonly RowClass<object>[]): TableShape[] {
  return [FoldCheckpoint, DeadLetterRow, ...tables].map((table) => shapeOf(table));
}
