import type { DataSource } from 'typeorm';
import { quotedTable } from './quoted-table.js';

/**
 * What of the tables is not there, or is not as our entities have it: a column, its type, whether it may be null, the primary key. Another hand did
 * that, or a build that has others. Further columns do no harm.
 * @returns `"device"`, `"device".model`, `"device".primary key`; none when all is right
 */
export async function wrongTables(database: DataSource): Promise<string[]> {
  const wanted = database.entityMetadatas.flatMap((entity) =>
    entity.columns.map((column) => ({
      table: quotedTable(entity),
      name: column.databaseName,
      type: `${database.driver.normalizeType(column)}${column.isArray ? '[]' : ''}`,
      required: !column.isNullable,
    })),
  );
  const found = (await database.query(
    `WITH wanted AS (SELECT *, to_regclass("table") AS here FROM json_to_recordset($1) AS _("table" text, name text, type text, required boolean))
     SELECT DISTINCT "table" AS what FROM wanted WHERE here IS NULL
     UNION SELECT "table" || '.' || name FROM wanted WHERE here IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_attribute WHERE attrelid = here AND attname = name AND NOT attisdropped
         AND atttypid = to_regtype(type) AND attnotnull = required)
     UNION SELECT "table" || '.primary key' FROM wanted WHERE here IS NOT NULL AND NOT EXISTS (
       SELECT FROM pg_index WHERE indrelid = here AND indisprimary)`,
    [JSON.stringify(wanted)],
  )) as { what: string }[];
  return found.map(({ what }) => what);
}
