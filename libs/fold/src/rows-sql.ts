import { testsOf, type Range, type Test, type Where } from './rows.js';
import { storable, storableJson } from './storable.js';
import { columnOf, type ColumnShape, type TableShape } from './table-shape.js';

/** A table as SQL names it. The connection's search path says where it is. */
export function quoted({ name }: TableShape): string {
  return `"${name}"`;
}

export function listOf(columns: readonly ColumnShape[]): string {
  return columns.map(({ name }) => `"${name}"`).join(', ');
}

export function castOf({ type, isArray }: ColumnShape): string {
  return isArray ? `${type}[]` : type;
}

/** A value as node-postgres is given it. */
export function parameterOf({ type }: ColumnShape, value: unknown): unknown {
  return type === 'jsonb' && value !== null ? storableJson(value) : storable(value);
}

/** What a column is compared and sorted by: texts by their bytes, whatever the locale of the database. */
function sorted({ name, type }: ColumnShape): string {
  return type === 'text' ? `"${name}" COLLATE "C"` : `"${name}"`;
}

/** The conditions as SQL; what they compare is added to the parameters. */
export function conditionsOf<R extends object>(shape: TableShape, where: Where<R>, parameters: unknown[]): string {
  const tests = testsOf(where).map(([name, test]) => conditionOf(columnOf(shape, name), test, parameters));
  return tests.length === 0 ? 'true' : tests.join(' AND ');
}

function conditionOf(column: ColumnShape, test: Test, parameters: unknown[]): string {
  const parameter = (value: unknown): string => `$${parameters.push(storable(value))}`;
  switch (test.is) {
    case 'null':
      return `"${column.name}" IS NULL`;
    case 'there':
      return `"${column.name}" IS NOT NULL`;
    case 'equal':
      return `"${column.name}" = ${parameter(test.value)}`;
    case 'other':
      return `"${column.name}" IS DISTINCT FROM ${parameter(test.value)}`;
    case 'one-of':
      return `"${column.name}" = ANY(${parameter(test.values)})`;
    case 'above':
      return `${sorted(column)} > ${parameter(test.value)}`;
    case 'at-most':
      return `${sorted(column)} <= ${parameter(test.value)}`;
  }
}

export function orderOf<R>(shape: TableShape, order: Range<R>['order'] = {}): string {
  const by = Object.entries<unknown>(order).map(
    ([name, way]) => `${sorted(columnOf(shape, name))} ${way === 'desc' ? 'DESC' : 'ASC'}`,
  );
  return by.length === 0 ? '' : ` ORDER BY ${by.join(', ')}`;
}

/** Makes of what node-postgres gives what the row's class says. */
export function hydrate({ columns }: TableShape, row: Record<string, unknown>): void {
  for (const { name, transformer } of columns) {
    if (transformer) row[name] = transformer.from(row[name]);
  }
}
