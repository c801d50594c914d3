import { logger } from '@edgeflow/telemetry';
import type { RowsSource } from './rows-source.js';
import { anyVersionOf } from './schemas.js';

/** Versions of a fold that nobody has led for so long are dropped. */
const UNUSED = '1 day';

/** Drops rows in whose place others have come. */
export async function dropLeft(database: RowsSource): Promise<void> {
  await dropAll(database, `^${database.schemas.left}_`);
}

/**
 * Drops those, and the rows of versions that nobody has led for a day. Such a version is known by its lease, so that goes last: rows that
 * could not be dropped are tried again.
 */
export async function dropUnused(database: RowsSource): Promise<void> {
  await dropLeft(database);
  const { home, live } = database.schemas;
  const isUnused = `expires_at < clock_timestamp() - interval '${UNUSED}'`;
  const unused = (await database.query(
    `SELECT name FROM "${home}".fold_lease WHERE name <> $1 AND name ~ $2 AND ${isUnused}`,
    [live, anyVersionOf(home)],
  )) as { name: string }[];
  for (const { name } of unused) {
    if (!(await dropAll(database, `^${name}(_next|_left_.*)?$`))) continue;
    await database.query(`DELETE FROM "${home}".fold_lease WHERE name = $1 AND ${isUnused}`, [name]);
  }
}

/**
 * Whoever reads from them still is waited for; when that takes too long, it is tried again another time.
 * @returns true when none is left
 */
async function dropAll(database: RowsSource, pattern: string): Promise<boolean> {
  const found = (await database.query('SELECT nspname AS name FROM pg_namespace WHERE nspname ~ $1', [pattern])) as {
    name: string;
  }[];
  let left = found.length;
  for (const { name } of found) {
    try {
      await database.transaction(async (tx) => {
        await tx.query(`SET LOCAL lock_timeout = '1s'`);
        await tx.query(`DROP SCHEMA IF EXISTS "${name}" CASCADE`);
      });
      left -= 1;
    } catch (error) {
      logger.warn({ reason: String(error), schema: name }, 'rows that nobody needs any more could not be dropped yet');
    }
  }
  return left === 0;
}
