import { castOf, listOf, quoted } from './rows-sql.js';
import { storable, storableJson } from './storable.js';
import type { ColumnShape, TableShape } from './table-shape.js';

/** From so many rows on it costs less to hand them over column by column (ADR 0055). */
export const MANY = 100;

/** SQL that stores whole rows, up to what becomes of those that are there, and its parameters. */
interface Given {
  insert: string;
  parameters: string[];
}

type Row = Readonly<Record<string, unknown>>;

/** Rows as one parameter: PostgreSQL looks each member up by its name, and needs nothing else. */
export function asJson(shape: TableShape, rows: readonly object[]): Given {
  const [table, names] = [quoted(shape), listOf(shape.columns)];
  const from = `SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1::json)`;
  return { insert: `INSERT INTO ${table} AS stored (${names}) ${from}`, parameters: [storableJson(rows)] };
}

/**
 * Rows as a parameter for each column: a third less for many wide rows, and more for few, as each list is a function that is called. Documents are one JSON list, so that
 * nothing in them is escaped twice; all others an array as PostgreSQL writes it (section 8.15.6).
 */
export function asLists(shape: TableShape, rows: readonly object[]): Given {
  const { columns } = shape;
  const names = listOf(columns);
  const lists = columns.map((column, index) => unpacked(column, index + 1)).join(', ');
  const values = columns.map(valueOf).join(', ');
  const from = `SELECT ${values} FROM ROWS FROM (${lists}) AS given (${names})`;
  return {
    insert: `INSERT INTO ${quoted(shape)} AS stored (${names}) ${from}`,
    parameters: columns.map((column) => (isDocument(column) ? documents(column, rows) : list(column, rows))),
  };
}

function isDocument({ type, isArray }: ColumnShape): boolean {
  return type === 'jsonb' && !isArray;
}

function unpacked(column: ColumnShape, parameter: number): string {
  if (isDocument(column)) return `jsonb_array_elements($${parameter}::jsonb)`;
  // PostgreSQL has no arrays of arrays of different lengths.
  return `unnest($${parameter}::${column.isArray ? 'text' : column.type}[])`;
}

function valueOf(column: ColumnShape): string {
  if (isDocument(column)) return `NULLIF(given."${column.name}", 'null')`;
  return column.isArray ? `given."${column.name}"::${castOf(column)}` : `given."${column.name}"`;
}

function documents({ name }: ColumnShape, rows: readonly object[]): string {
  return storableJson(rows.map((row) => (row as Row)[name] ?? null));
}

function list({ name, isArray }: ColumnShape, rows: readonly object[]): string {
  const values = rows.map((row) => (row as Row)[name]);
  return arrayOf(values, isArray ? (texts) => quotedElement(arrayOf(texts as unknown[], element)) : element);
}

function arrayOf(values: readonly unknown[], write: (value: unknown) => string): string {
  return `{${values.map((value) => (value === null || value === undefined ? 'NULL' : write(value))).join(',')}}`;
}

function element(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : quotedElement(storable(String(value)));
}

function quotedElement(text: string): string {
  return text.includes('"') || text.includes('\\') ? `"${text.replaceAll(/["\\]/g, '\\$&')}"` : `"${text}"`;
}
