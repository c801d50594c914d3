import type { EntityManager } from 'typeorm';
import { RowsGone } from './database-errors.js';
import type { Fence } from './fold-database.js';
import { PostgresTransaction } from './postgres-transaction.js';
import type { RowsSource } from './rows-source.js';

/** How long whoever asks for the checkpoint is kept waiting at a time, in milliseconds. */
const LOCK_MS = 100;
/** SQLSTATE: the lock was not got in time. */
const LOCK_NOT_AVAILABLE = '55P03';

/** True when nobody reads the live rows as of one moment. */
export function isLiveUnread(database: RowsSource): Promise<boolean> {
  return isGranted(database.transaction((tx) => lockLive(database, tx)));
}

/** Puts rows in the place of those that are read: schemas get other names. @returns false when somebody reads them */
export function takePlace(
  database: RowsSource,
  fence: Fence,
  how: { reached: number; left_as: string },
): Promise<boolean> {
  return isGranted(database.transaction((tx) => rename(database, tx, fence, how)));
}

async function rename(
  database: RowsSource,
  tx: EntityManager,
  fence: Fence,
  { reached, left_as }: { reached: number; left_as: string },
): Promise<void> {
  const { live, next, left } = database.schemas;
  const isThere = await lockLive(database, tx);
  const built = (await tx.query(`SELECT rebuild FROM "${next}".fold_checkpoint FOR UPDATE`)) as { rebuild: unknown }[];
  if (built.some(({ rebuild }) => rebuild !== null)) throw new RowsGone('what was built is not wanted any more');
  // The position that an answer names must not go back.
  await tx.query(`UPDATE "${next}".fold_checkpoint SET position = $1, event_id = NULL WHERE position < $1`, [reached]);
  if (isThere) await tx.query(`ALTER SCHEMA "${live}" RENAME TO "${left}_${left_as}"`);
  await tx.query(`ALTER SCHEMA "${next}" RENAME TO "${live}"`);
  await fence(new PostgresTransaction(tx, database.schemas));
}

/** @returns false when there are no such rows */
async function lockLive({ schemas: { live } }: RowsSource, tx: EntityManager): Promise<boolean> {
  await tx.query(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  const [found] = (await tx.query(
    'SELECT to_regnamespace($1) IS NOT NULL AS rows, to_regclass($2) IS NOT NULL AS checkpoint',
    [live, `${live}.fold_checkpoint`],
  )) as { rows: boolean; checkpoint: boolean }[];
  if (found?.checkpoint) await tx.query(`LOCK TABLE "${live}".fold_checkpoint IN ACCESS EXCLUSIVE MODE`);
  return found?.rows === true;
}

/** False when a lock was not got in time. */
async function isGranted(transaction: Promise<unknown>): Promise<boolean> {
  try {
    await transaction;
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
    return false;
  }
}
