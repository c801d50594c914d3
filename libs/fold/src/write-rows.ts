import type { EntityManager, EntityMetadata } from 'typeorm';

/** An entity's class. */
export type RowClass<R> = new () => R;

/**
 * What JSON can say and Postgres cannot store: NUL, and halves of surrogate pairs. They come from devices' messages, and one of them
 * must not cost the whole event. An even number of backslashes before it makes it an escape.
 */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** Rows as one parameter, however many they are: JSON is what Postgres unpacks fastest. */
export function rowsParameter(rows: readonly object[]): string {
  return JSON.stringify(rows).replace(UNSTORABLE, '$1\\ufffd');
}

/** The table of an entity as plain SQL names it, with its schema. */
export function quotedTable({ tablePath }: Pick<EntityMetadata, 'tablePath'>): string {
  return tablePath
    .split('.')
    .map((part) => `"${part}"`)
    .join('.');
}

function insertOf(metadata: EntityMetadata): { insert: string; names: string[] } {
  const names = metadata.columns.map(({ databaseName }) => `"${databaseName}"`);
  const table = quotedTable(metadata);
  const list = names.join(', ');
  const from = `SELECT ${list} FROM json_populate_recordset(NULL::${table}, $1::json)`;
  return { insert: `INSERT INTO ${table} AS stored (${list}) ${from}`, names };
}

/** Writes rows that may exist, in one statement; a stored row that is at the same position or further stays as it is. */
export async function upsertForward<R extends { position: number }>(
  tx: EntityManager,
  entity: RowClass<R>,
  rows: readonly R[],
): Promise<void> {
  if (rows.length === 0) return;
  const metadata = tx.connection.getMetadata(entity);
  const { insert, names } = insertOf(metadata);
  const key = metadata.primaryColumns.map(({ databaseName }) => `"${databaseName}"`).join(', ');
  const set = names.map((name) => `${name} = excluded.${name}`).join(', ');
  const forward = 'excluded.position > stored.position';
  await tx.query(`${insert} ON CONFLICT (${key}) DO UPDATE SET ${set} WHERE ${forward}`, [rowsParameter(rows)]);
}

/** Writes rows that never change, in one statement; those that are there already are passed over. */
export async function insertMissing<R extends object>(
  tx: EntityManager,
  entity: RowClass<R>,
  rows: readonly R[],
): Promise<void> {
  if (rows.length === 0) return;
  const { insert } = insertOf(tx.connection.getMetadata(entity));
  await tx.query(`${insert} ON CONFLICT DO NOTHING`, [rowsParameter(rows)]);
}
