import { systemMachine, type Machine } from '@edgeflow/runtime';
import type { DataSourceOptions, EntitySchema, MixedList } from 'typeorm';
import { untilAnswered, warnSparsely } from '@edgeflow/telemetry';
import { FoldCheckpoint } from './checkpoint.js';
import { STATEMENT_MS, connectionOptions } from './connection-options.js';
import { accessOf, type DatabasePlace } from './database-access.js';
import { isDatabaseDown } from './database-errors.js';
import { DatabaseRefused, asRefused } from './database-refusal.js';
import { PostgresFoldDatabase } from './postgres-fold-database.js';
import { schemasOf } from './schemas.js';
import { DeadLetterRow } from './dead-letter.row.js';

export interface DatabaseOptions extends Omit<DatabasePlace, 'url'> {
  /** The service's own Postgres schema; no other service reads it. Rows lie in schemas beside it, one for each version: `projection_5`. */
  schema: string;
  /** Of the fold whose rows these are; default 1. */
  version?: number | undefined;
  /** The tables of the fold. */
  entities: MixedList<string | EntitySchema | (new () => object)>;
  /** By whose clock it waits. Default: the one that this process runs on, as whoever talks to a real server does. */
  machine?: Machine;
}

/**
 * Opens the database of a folding service, and creates the service's own schema where it is not there. The rows are made by the fold. Waits,
 * with a log line, while Postgres is away.
 * @throws ConfigError when the URL and what is said beside it name no database
 * @throws DatabaseRefused when Postgres answers and does not let us in, e.g. by this password, or its certificate is not to be trusted
 */
export async function openDatabase(
  url: string,
  { schema, version, entities, machine = systemMachine, ...further }: DatabaseOptions,
): Promise<PostgresFoldDatabase> {
  const schemas = schemasOf(schema, version);
  const options: DataSourceOptions = {
    type: 'postgres',
    ...accessOf({ url, ...further }),
    entities: [FoldCheckpoint, DeadLetterRow, ...(entities as (new () => object)[])],
    poolSize: 10,
    connectTimeoutMS: 5_000,
    // Pipelined: a statement does not wait for the answer to the one before it, see `pipelined`.
    extra: { ...connectionOptions(STATEMENT_MS, schemas.live, machine.clock), pipeline: true },
    // A pooled connection that breaks while it is idle is replaced at the next query.
    poolErrorHandler: (error: unknown) =>
      warnSparsely(schema, { reason: String(error) }, 'a database connection was lost', machine.clock),
  };
  const opened = () => opening(new PostgresFoldDatabase(options, schemas, schemas.live, machine), url);
  return untilAnswered('Postgres', opened, isDatabaseDown, machine);
}

async function opening(database: PostgresFoldDatabase, url: string): Promise<PostgresFoldDatabase> {
  try {
    await database.initialize();
    await checkSearchPath(database, url);
    await database.createHome();
    return database;
  } catch (error) {
    if (database.isInitialized) await database.destroy();
    throw isDatabaseDown(error) ? error : asRefused(error, { url });
  }
}

/** @throws DatabaseRefused when something in between, e.g. a pooler, keeps what the connection was opened with to itself */
async function checkSearchPath(database: PostgresFoldDatabase, url: string): Promise<void> {
  const [found] = (await database.query('SHOW search_path')) as { search_path: string }[];
  if (found?.search_path === database.sees) return;
  throw new DatabaseRefused(
    `PostgreSQL at ${new URL(url).host}: search_path is ${found?.search_path} and not ${database.sees}: what stands in between must pass the start-up parameter options on`,
  );
}
