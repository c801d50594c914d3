import { testsOf, type Plain, type Range, type Test, type Where } from '../rows.js';
import { columnOf, type ColumnShape, type TableShape } from '../table-shape.js';
import { compare, ofType, type StoredRow } from './column-values.js';

type RowTest = (row: StoredRow) => boolean;

/** What tells whether a row meets all conditions; and the keys that alone can, where the conditions name them. */
export interface RowTests {
  meets: RowTest;
  /** The values of the key's columns; undefined where a condition leaves one open. */
  key: StoredRow | undefined;
}

/** The tests, once the statement is done: a value that its column cannot have is refused then. */
export function rowTests<R extends object>(shape: TableShape, where: Where<R>): () => RowTests {
  const tests = testsOf(where).map(([name, test]) => ({ column: columnOf(shape, name), test }));
  return () => {
    const each = tests.map(({ column, test }) => meeting(column, test));
    const named = new Map<string, unknown>();
    for (const { column, test } of tests) if (test.is === 'equal') named.set(column.name, ofType(column, test.value));
    const isNamed = shape.key.every(({ name }) => named.has(name));
    return { meets: (row) => each.every((test) => test(row)), key: isNamed ? Object.fromEntries(named) : undefined };
  };
}

/** Nothing is known of what is null, so that no comparison holds of it. */
function meeting(column: ColumnShape, test: Test): RowTest {
  const { name } = column;
  const said = (value: Plain): unknown => ofType(column, value);
  switch (test.is) {
    case 'null':
      return (row) => row[name] === null;
    case 'there':
      return (row) => row[name] !== null;
    case 'equal': {
      const value = said(test.value);
      return (row) => row[name] === value;
    }
    case 'other': {
      const value = said(test.value);
      return (row) => row[name] !== value;
    }
    case 'one-of': {
      const values = new Set(test.values.map(said));
      return (row) => row[name] !== null && values.has(row[name]);
    }
    case 'above': {
      const value = said(test.value);
      return (row) => row[name] !== null && compare(row[name], value) > 0;
    }
    case 'at-most': {
      const value = said(test.value);
      return (row) => row[name] !== null && compare(row[name], value) <= 0;
    }
  }
}

/** The rows in order, as many as are wanted. */
export function ranged<R>(shape: TableShape, rows: StoredRow[], { order = {}, limit }: Range<R>): StoredRow[] {
  const by = Object.entries<unknown>(order).map(([name, way]) => {
    const column = columnOf(shape, name).name;
    const sign = way === 'desc' ? -1 : 1;
    return (a: StoredRow, b: StoredRow): number => sign * nullsLast(a[column], b[column]);
  });
  const sorted = by.length === 0 ? rows : rows.toSorted((a, b) => by.reduce((so_far, next) => so_far || next(a, b), 0));
  return limit === undefined ? sorted : sorted.slice(0, limit);
}

function nullsLast(a: unknown, b: unknown): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(a, b);
}
