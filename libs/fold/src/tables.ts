import type { EntityManager } from 'typeorm';
import { TABLES_MS, connectionOptions } from './connection-options.js';
import type { RowsSource } from './rows-source.js';
import { leaveRoom } from './room-for-changes.js';
import { watchForeignChanges } from './foreign-changes.js';

/** Any constants: they only have to be the same in every replica. */
const SCHEMA_LOCK = 7_134_001;
const HOME_LOCK = 7_134_002;
/** How long a replica that is frozen while it makes tables keeps the others from it, in milliseconds. */
const SCHEMA_LOCK_MS = 60_000;

/**
 * Makes the service's own schema where it is not there, and in it the table of leases: who of several replicas folds, and until when, by
 * PostgreSQL's clock, if it is not heard of again. `name` is the schema of the rows that are folded: each version of a fold has a leader of
 * its own. `holder` is empty when it was given up. `term` is raised whenever the lease is taken: what was begun in an earlier one is not
 * committed. Builds of two releases may run side by side, so what is there stays as it is.
 */
export async function createHome(database: RowsSource): Promise<void> {
  const { home } = database.schemas;
  await database.transaction(async (tx) => {
    await lock(tx, HOME_LOCK);
    await tx.query(`CREATE SCHEMA IF NOT EXISTS "${home}"`);
    await tx.query(
      `CREATE TABLE IF NOT EXISTS "${home}".fold_lease
       (name text PRIMARY KEY, holder text NOT NULL, term bigint NOT NULL, expires_at timestamptz NOT NULL)`,
    );
  });
}

/**
 * Makes the tables of a fold's rows, empty and without a checkpoint, where the database looks, in place of those that are there. On
 * connections of its own: it may take longer than a statement of a service may.
 */
export async function createRows(database: RowsSource): Promise<void> {
  const { sees, machine } = database;
  const rows = database.beside(sees, { schema: sees, extra: connectionOptions(TABLES_MS, sees, machine.clock) });
  await rows.initialize();
  try {
    await rows.transaction(async (tx) => {
      await tx.query(`SET LOCAL idle_in_transaction_session_timeout = ${SCHEMA_LOCK_MS}`);
      await lock(tx, SCHEMA_LOCK);
      await rows.query(`DROP SCHEMA IF EXISTS "${sees}" CASCADE`);
      await rows.query(`CREATE SCHEMA "${sees}"`);
      await rows.synchronize();
      await leaveRoom(rows);
      await watchForeignChanges(rows, tx);
    });
  } finally {
    await rows.destroy();
  }
}

/** One replica at a time, until its transaction ends. */
async function lock(tx: EntityManager, key: number): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [key]);
}
