/** Of each table so many rows are named. */
const SHOWN = 3;

/** The rows of each table, as text. */
export type RowTexts = ReadonlyMap<string, readonly string[]>;

/** Where the rows of a service are not what a fold from zero makes of the same events, a line for each row. */
export function rowDifferences(schema: string, live: RowTexts, fresh: RowTexts): string[] {
  return [...live].flatMap(([table, rows]) => {
    const made = fresh.get(table) ?? [];
    const extra = without(rows, made).map((row) => `${schema}.${table} has, and a fresh fold has not: ${row}`);
    const missing = without(made, rows).map((row) => `${schema}.${table} has not, and a fresh fold has: ${row}`);
    return [...extra.slice(0, SHOWN), ...missing.slice(0, SHOWN)];
  });
}

function without(rows: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others);
  return rows.filter((row) => !known.has(row));
}
