import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource, type DataSourceOptions, type EntitySchema, type MixedList } from 'typeorm';
import { logger } from '@edgeflow/telemetry';
import { isDatabaseDown } from './database-errors.js';
import { FoldCheckpoint } from './checkpoint.js';
import { FoldLease } from './lease.row.js';
import { SetAsideRow } from './set-aside.row.js';
import { STATEMENT_MS, TABLES_MS, timeLimits } from './time-limits.js';
import { accessOf, type DatabasePlace } from './database-access.js';
import { asRefused } from './database-refusal.js';

export interface DatabaseOptions extends Omit<DatabasePlace, 'url'> {
  /** The service's own Postgres schema; no other service reads it. */
  schema: string;
  entities: MixedList<string | EntitySchema | (new () => object)>;
  /** Connections in the pool; default 10. */
  pool?: number;
}

/** Any constant: it only has to be the same in every replica. */
const SCHEMA_LOCK = 7_134_001;

/**
 * Opens the database of a folding service, and creates its schema and tables where they are not there: folds are disposable,
 * so there are no migrations. Waits, with a log line, while Postgres is away.
 * @throws ConfigError when the URL and what is said beside it name no database
 * @throws DatabaseRefused when Postgres answers and does not let us in, e.g. by this password, or its certificate is not to be trusted
 */
export async function openDatabase(
  url: string,
  { schema, entities, pool = 10, ...further }: DatabaseOptions,
): Promise<DataSource> {
  const access = accessOf({ url, ...further });
  for (let attempt = 1; ; attempt++) {
    const database = new DataSource({
      type: 'postgres',
      ...access,
      schema,
      entities: [FoldCheckpoint, FoldLease, SetAsideRow, ...(entities as (new () => object)[])],
      poolSize: pool,
      connectTimeoutMS: 5_000,
      extra: timeLimits(STATEMENT_MS),
      // A pooled connection that breaks while it is idle is replaced at the next query.
      poolErrorHandler: (error: unknown) => logger.warn({ reason: String(error) }, 'a database connection was lost'),
    });
    try {
      await database.initialize();
      await createTables(database);
      return database;
    } catch (error) {
      if (database.isInitialized) await database.destroy();
      if (!isDatabaseDown(error)) throw asRefused(error, { url });
      logger.warn({ reason: String(error), attempt }, 'Postgres does not answer; trying again');
      await sleep(Math.min(5_000, 200 * 2 ** Math.min(attempt, 5)));
    }
  }
}

/** How long a replica that is frozen while it makes tables keeps the others from it, in milliseconds. */
const SCHEMA_LOCK_MS = 60_000;

/** Replicas that start together must not create the same table twice: one at a time, under an advisory lock. */
export async function createTables({ options }: DataSource): Promise<void> {
  const { schema } = options as { schema: string };
  // On connections of its own: it may take longer than a statement of a service may.
  const database = new DataSource({ ...options, poolSize: 2, extra: timeLimits(TABLES_MS) } as DataSourceOptions);
  await database.initialize();
  try {
    await database.transaction(async (tx) => {
      await tx.query(`SET LOCAL idle_in_transaction_session_timeout = ${SCHEMA_LOCK_MS}`);
      await tx.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
      await database.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
      await database.synchronize();
    });
  } finally {
    await database.destroy();
  }
}
