import {
  ColumnValue,
  type Change,
  type Query,
  type Range,
  type RowClass,
  type Rows,
  type Statement,
  type Where,
} from '../rows.js';
import { columnOf, shapeOf } from '../table-shape.js';
import { checkWhole, typedRow, typedValue, type StoredRow } from './column-values.js';
import { MemoryError } from './memory-error.js';
import type { MemoryServer } from './memory-server.js';
import { keyOf, type MemoryTable } from './memory-table.js';
import type { MemoryTransaction } from './memory-transaction.js';
import { modelled } from './modelled.js';
import { ranged, rowTests, type RowTests } from './row-tests.js';
import { inOrder, soon, type Soon } from './soon.js';

/** What a statement is, for whoever lets it through. */
export interface Asked {
  kind: string;
  of: string;
  writes: boolean;
}

/** Does a statement in its turn, in a transaction of its own or in one of several. */
export type Ask = <T>(asked: Asked, statement: (tx: MemoryTransaction) => Soon<T>) => Promise<T>;

/** Rows in memory, as `PostgresRows` has them in PostgreSQL. What they give is frozen. */
export class MemoryRows implements Rows {
  constructor(
    private readonly server: MemoryServer,
    private readonly ask: Ask,
  ) {}

  async get<R extends object>(table: RowClass<R>, keys: readonly Partial<R>[]): Promise<R[]> {
    if (keys.length === 0) return [];
    return this.reading('get', table, (tx, rows) => {
      const wanted = new Set(keys.map((key) => keyIn(rows, key)));
      return [...wanted].map((key) => tx.row(rows, key)).filter((row) => row !== undefined) as R[];
    });
  }

  put<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void> {
    return this.inserting('put', table, rows, (stored, row) => {
      if (!('position' in row)) return row;
      return Number(row.position) > Number(stored.position) ? row : stored;
    });
  }

  add<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void> {
    return this.inserting('add', table, rows, undefined);
  }

  async change<R extends object>(table: RowClass<R>, where: Where<R>, change: Change<R>): Promise<void> {
    const shape = shapeOf(table);
    const tests = rowTests(shape, where);
    const said = Object.entries<unknown>(change).filter(([, value]) => value !== undefined);
    const changes = said.map(([name, value]) => {
      const column = columnOf(shape, name);
      if (value instanceof ColumnValue) return { column, from: columnOf(shape, value.column).name };
      return { column, value };
    });
    if (changes.length === 0) return;
    await this.changing('change', table, tests, () => {
      const values = changes.map(({ column, from, value }) => ({ column, from, value: typedValue(column, value) }));
      return (row) => {
        const next = values.map(({ column, from, value }) => {
          return [column.name, from === undefined ? value : typedValue(column, row[from])];
        });
        return Object.freeze({ ...row, ...(Object.fromEntries(next) as StoredRow) });
      };
    });
  }

  async raise<R extends object>(
    table: RowClass<R>,
    column: keyof R & string,
    to: readonly Partial<R>[],
  ): Promise<void> {
    if (to.length === 0) return;
    const raised = columnOf(shapeOf(table), column);
    await this.writing('raise', table, (tx, rows) => {
      const wanted = to.map((one) => ({ key: keyIn(rows, one), most: typedValue(raised, one[column]) }));
      return inOrder(wanted, ({ key, most }) =>
        soon(tx.row(rows, key) && tx.lockedRow(rows, key), (row) => {
          if (!row || most === null || Number(row[raised.name] ?? -Infinity) >= Number(most)) return;
          tx.write(rows, key, Object.freeze({ ...row, [raised.name]: most }));
        }),
      );
    });
  }

  async remove<R extends object>(table: RowClass<R>, where: Where<R>): Promise<void> {
    await this.changing('remove', table, rowTests(shapeOf(table), where), () => () => undefined);
  }

  async range<R extends object>(table: RowClass<R>, where: Where<R>, range: Range<R> = {}): Promise<R[]> {
    const shape = shapeOf(table);
    const tests = rowTests(shape, where);
    return this.reading('range', table, (tx, rows) => ranged(shape, meeting(tx, rows, tests()), range) as R[]);
  }

  async count<R extends object>(table: RowClass<R>, where: Where<R>): Promise<number> {
    const tests = rowTests(shapeOf(table), where);
    return this.reading('count', table, (tx, rows) => meeting(tx, rows, tests()).length);
  }

  async exists<R extends object>(table: RowClass<R>, where: Where<R>): Promise<boolean> {
    const tests = rowTests(shapeOf(table), where);
    return this.reading('exists', table, (tx, rows) => meeting(tx, rows, tests()).length > 0);
  }

  async select<P, R extends object>({ name }: Query<P, R>, parameters: P): Promise<R[]> {
    const model = this.server.modelOf(name);
    const asked = { kind: 'select', of: name, writes: false };
    return this.ask(asked, (tx) => modelled(tx, model, parameters)) as Promise<R[]>;
  }

  async run<P>({ name }: Statement<P>, parameters: P): Promise<void> {
    const model = this.server.modelOf(name);
    await this.ask({ kind: 'run', of: name, writes: true }, (tx) => modelled(tx, model, parameters));
  }

  private reading<R extends object, T>(
    kind: string,
    table: RowClass<R>,
    read: (tx: MemoryTransaction, rows: MemoryTable) => T,
  ): Promise<T> {
    const of = shapeOf(table).name;
    return this.ask({ kind, of, writes: false }, (tx) => soon(tx.table(of), (rows) => read(tx, whole(rows))));
  }

  private writing<R extends object>(
    kind: string,
    table: RowClass<R>,
    write: (tx: MemoryTransaction, rows: MemoryTable) => Soon<void>,
  ): Promise<void> {
    const of = shapeOf(table).name;
    return this.ask({ kind, of, writes: true }, (tx) =>
      soon(tx.table(of), (found) => {
        const rows = whole(found);
        return soon(tx.mayWrite(of), () => write(tx, rows));
      }),
    );
  }

  /** @param conflicting what becomes of a row that is there; undefined: nothing */
  private async inserting<R extends object>(
    kind: string,
    table: RowClass<R>,
    rows: readonly R[],
    conflicting: ((stored: StoredRow, row: StoredRow) => StoredRow) | undefined,
  ): Promise<void> {
    if (rows.length === 0) return;
    await this.writing(kind, table, (tx, stored) => {
      const seen = new Set<string>();
      const typed = rows.map((row) => typedRow(stored.shape, row));
      return inOrder(typed, (one) => {
        checkWhole(stored.shape, one);
        const key = keyOf(stored.shape, one);
        return soon(tx.lockedRow(stored, key), (there) => {
          if (there && seen.has(key) && conflicting) {
            throw new MemoryError('21000', 'ON CONFLICT DO UPDATE command cannot affect row a second time');
          }
          const next = there ? conflicting?.(there, one) : one;
          if (!next || next === there) return;
          seen.add(key);
          tx.write(stored, key, next);
        });
      });
    });
  }

  /** Changes the rows that meet the conditions when the statement begins and still do when they are locked. */
  private changing<R extends object>(
    kind: string,
    table: RowClass<R>,
    testsThen: () => RowTests,
    nextThen: () => (row: StoredRow) => StoredRow | undefined,
  ): Promise<void> {
    return this.writing(kind, table, (tx, rows) => {
      const next = nextThen();
      const tests = testsThen();
      return inOrder(meeting(tx, rows, tests), (row) => {
        const key = keyOf(rows.shape, row);
        return soon(tx.lockedRow(rows, key), (now) => {
          if (!now || !tests.meets(now)) return;
          const changed = next(now);
          if (changed) checkWhole(rows.shape, changed);
          tx.write(rows, key, changed);
        });
      });
    });
  }
}

/** A table none of whose columns is missing. */
function whole(table: MemoryTable): MemoryTable {
  for (const column of table.dropped) throw new MemoryError('42703', `column "${column}" does not exist`);
  return table;
}

function meeting(tx: MemoryTransaction, rows: MemoryTable, { meets, key }: RowTests): StoredRow[] {
  if (!key) return tx.rows(rows).filter(meets);
  const found = tx.row(rows, keyOf(rows.shape, key));
  return found && meets(found) ? [found] : [];
}

function keyIn({ shape }: MemoryTable, key: object): string {
  return shape.key.map((column) => String(typedValue(column, (key as StoredRow)[column.name]))).join('\0');
}
