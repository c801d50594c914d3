import { storable } from '../storable.js';
import type { ColumnShape, ColumnType, TableShape } from '../table-shape.js';
import { MemoryError } from './memory-error.js';

/** A row as it lies in a table: never changed, only replaced. */
export type StoredRow = Readonly<Record<string, unknown>>;

const LIMITS: { readonly [T in ColumnType]?: number } = {
  smallint: 2 ** 15,
  integer: 2 ** 31,
  bigint: Number.MAX_SAFE_INTEGER,
};

/**
 * A row as PostgreSQL would give it back: every column, what is not said being null.
 * @throws MemoryError for what no such column can hold
 */
export function typedRow({ columns }: TableShape, row: object): StoredRow {
  const said = row as Readonly<Record<string, unknown>>;
  const stored: Record<string, unknown> = {};
  for (const column of columns) stored[column.name] = typedValue(column, said[column.name]);
  return Object.freeze(stored);
}

/** One column of it. */
export function typedValue(column: ColumnShape, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  return column.isArray ? Object.freeze((value as unknown[]).map((one) => ofType(column, one))) : ofType(column, value);
}

/** @throws MemoryError 23502 for a row that lacks what has to be there */
export function checkWhole({ name, columns }: TableShape, row: StoredRow): void {
  for (const column of columns) {
    if (column.isNullable || row[column.name] !== null) continue;
    const message = `null value in column "${column.name}" of relation "${name}" violates not-null constraint`;
    throw new MemoryError('23502', message);
  }
}

/** A value of one element as the column has it. */
export function ofType({ type }: ColumnShape, value: unknown): unknown {
  switch (type) {
    case 'text':
      return storable(String(value));
    case 'boolean':
      if (typeof value === 'boolean') return value;
      throw new MemoryError('22P02', `invalid input syntax for type boolean: "${String(value)}"`);
    case 'jsonb':
      return binaryJson(value);
    case 'timestamptz':
      return timeOf(value);
    case 'smallint':
    case 'integer':
    case 'bigint':
      return wholeOf(type, value);
  }
}

function wholeOf(type: ColumnType, value: unknown): number {
  if (!Number.isInteger(Number(value))) {
    throw new MemoryError('22P02', `invalid input syntax for type ${type}: "${String(value)}"`);
  }
  const limit = LIMITS[type] ?? 0;
  const whole = Number(value);
  if (whole >= limit || whole < -limit) throw new MemoryError('22003', `${type} out of range`);
  return whole === 0 ? 0 : whole;
}

/** Times as they are stored, by what was said: whole rows are stored again and again, and most of their times stay. */
const times = new Map<string, string>();
const TIMES_MAX = 1_000;

function timeOf(value: unknown): string {
  const said = String(value);
  const known = times.get(said);
  if (known !== undefined) return known;
  const time = new Date(said);
  if (Number.isNaN(time.getTime())) {
    throw new MemoryError('22007', `invalid input syntax for type timestamp with time zone: "${said}"`);
  }
  const stored = time.toISOString();
  if (times.size === TIMES_MAX) times.clear();
  times.set(said, stored);
  return stored;
}

/** What was made by `binaryJson`: it is as it is stored, whole or within something else. */
const made = new WeakSet<object>();

/** A value as jsonb gives it back: what JSON says of it and PostgreSQL can store, frozen. */
function binaryJson(value: unknown): unknown {
  if (typeof value === 'string') return storable(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (made.has(value)) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return binaryJson(value.toJSON());
  const stored = Object.freeze(Array.isArray(value) ? value.map(binaryJson) : membersOf(value));
  made.add(stored);
  return stored;
}

/** jsonb keeps members in an order of its own: shorter names first, then by their bytes (PostgreSQL, section 8.14). */
function membersOf(value: object): object {
  const said = value as Readonly<Record<string, unknown>>;
  const members: [name: string, member: unknown][] = [];
  for (const name of inOrderOf(Object.keys(said))) {
    const member = said[name];
    if (member !== undefined) members.push([storable(name), binaryJson(member)]);
  }
  return Object.fromEntries(members);
}

/** Names in their order, by the names as they were said: objects of one kind are stored again and again. */
const orders = new Map<string, readonly string[]>();
const ORDERS_MAX = 1_000;

function inOrderOf(said: readonly string[]): readonly string[] {
  // No name of an order that is kept has a NUL.
  const names = said.join('\0');
  const known = orders.get(names);
  if (known?.length === said.length) return known;
  const order = said
    .map((name) => ({ name, stored: storable(name), bytes: Buffer.byteLength(storable(name)) }))
    .sort((one, other) => one.bytes - other.bytes || compare(one.stored, other.stored))
    .map(({ name }) => name);
  if (orders.size === ORDERS_MAX) orders.clear();
  if (!said.some((name) => name.includes('\0'))) orders.set(names, order);
  return order;
}

const SURROGATE = /[\ud800-\udfff]/;

/** The order of two values of one column: texts by their bytes. */
export function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string' && typeof b === 'string') {
    if (a === b) return 0;
    // Of UTF-16 the order is another one only where there are surrogates.
    if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
    return a < b ? -1 : 1;
  }
  return Number(a) - Number(b);
}
