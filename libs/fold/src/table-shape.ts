import { getMetadataArgsStorage, type ValueTransformer } from 'typeorm';
import type { RowClass } from './rows.js';

/** The types of columns that rows have. */
const TYPES = ['text', 'boolean', 'smallint', 'integer', 'bigint', 'timestamptz', 'jsonb'] as const;
export type ColumnType = (typeof TYPES)[number];

/** A column as its decorator says it. */
export interface ColumnShape {
  name: string;
  type: ColumnType;
  isArray: boolean;
  isNullable: boolean;
  isKey: boolean;
  transformer: ValueTransformer | undefined;
}

/** A table as the decorators of its rows say it. */
export interface TableShape {
  name: string;
  columns: readonly ColumnShape[];
  key: readonly ColumnShape[];
}

const known = new Map<RowClass<object>, TableShape>();

/** @throws TypeError when the class has no table, or a column of a type that no row here has */
export function shapeOf<R extends object>(table: RowClass<R>): TableShape {
  const found = known.get(table);
  if (found) return found;
  const shape = read(table);
  known.set(table, shape);
  return shape;
}

function read(table: RowClass<object>): TableShape {
  const storage = getMetadataArgsStorage();
  const name = storage.tables.find(({ target }) => target === table)?.name;
  if (name === undefined) throw new TypeError(`${table.name} has no table`);
  const columns = storage.filterColumns(inheritance(table)).map(({ propertyName, options }): ColumnShape => {
    const { type, array = false, nullable = false, primary = false, transformer } = options;
    const isKnown = TYPES.includes(type as ColumnType) && !Array.isArray(transformer);
    if (!isKnown) throw new TypeError(`${name}.${propertyName} is of a type that is not known here`);
    const of = { isArray: array, isNullable: nullable, isKey: primary };
    return { name: propertyName, type: type as ColumnType, ...of, transformer: transformer as ValueTransformer };
  });
  return { name, columns, key: columns.filter(({ isKey }) => isKey) };
}

function inheritance(table: RowClass<object>): (new () => unknown)[] {
  const parent = Object.getPrototypeOf(table) as RowClass<object>;
  return typeof parent === 'function' && parent.prototype ? [table, ...inheritance(parent)] : [table];
}

/** @throws TypeError when there is no such column */
export function columnOf(shape: TableShape, name: string): ColumnShape {
  const found = shape.columns.find((column) => column.name === name);
  if (!found) throw new TypeError(`${shape.name} has no column ${name}`);
  return found;
}
