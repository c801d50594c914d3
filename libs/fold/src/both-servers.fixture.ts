import { startTestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import type { FoldDatabase } from './fold-database.js';
import { byOtherHand } from './memory/by-other-hand.js';
import { MemoryFoldDatabase } from './memory/memory-fold-database.js';
import type { MemoryClock, MemoryFaults } from './memory/memory-faults.js';
import type { Model } from './memory/memory-models.js';
import { MemoryServer } from './memory/memory-server.js';
import { PostgresRows } from './postgres-rows.js';
import type { RowClass, Rows } from './rows.js';

/** A server of which a spec does not know whether it is PostgreSQL or the model of it. */
export interface AnyServer {
  /** A replica's way to the rows. */
  open(entities: readonly RowClass<object>[], version?: number): Promise<FoldDatabase>;
  /** What somebody does to rows of a schema beside the fold. */
  byOtherHand(schema: string, work: (rows: Rows) => Promise<void>): Promise<void>;
  dropSchema(schema: string): Promise<void>;
  dropTable(schema: string, table: string): Promise<void>;
  dropColumn(schema: string, table: string, column: string): Promise<void>;
  /** The schemas that there are of the service, in order. */
  schemas(): Promise<string[]>;
  /** Sets the end of a lease so many milliseconds from now. */
  leaseEnds(name: string, in_ms: number): Promise<void>;
  /** Nothing is there any more. */
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** The service of the specs. */
const HOME = 'spec';

/** The clock of this machine. */
const realClock: MemoryClock = {
  now: () => new Date(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

export async function startPostgresServer(): Promise<AnyServer> {
  const server = await startTestPostgres();
  const open: FoldDatabase[] = [];
  const hand = await openDatabase(server.url, { schema: HOME, entities: [] });
  const schemas = async (): Promise<string[]> => {
    const found = await hand.query(`SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^${HOME}' ORDER BY 1`);
    return (found as { name: string }[]).map(({ name }) => name);
  };
  const closeAll = async (): Promise<void> => {
    for (const one of open.splice(0)) await one.close();
  };
  return {
    open: async (entities, version) => {
      const database = await openDatabase(server.url, { schema: HOME, version, entities: [...entities] });
      open.push(database);
      return database;
    },
    byOtherHand: (schema, work) =>
      hand.transaction(async (tx) => {
        await tx.query(`SET LOCAL search_path TO ${schema}`);
        await work(new PostgresRows(tx));
      }),
    dropSchema: async (schema) => void (await hand.query(`DROP SCHEMA ${schema} CASCADE`)),
    dropTable: async (schema, table) => void (await hand.query(`DROP TABLE ${schema}.${table}`)),
    dropColumn: async (schema, table, column) =>
      void (await hand.query(`ALTER TABLE ${schema}.${table} DROP COLUMN ${column}`)),
    schemas,
    leaseEnds: async (name, in_ms) => {
      const ends = `clock_timestamp() + ${in_ms} * interval '1 millisecond'`;
      await hand.query(`UPDATE ${HOME}.fold_lease SET expires_at = ${ends} WHERE name = $1`, [name]);
    },
    empty: async () => {
      await closeAll();
      for (const schema of await schemas()) await hand.query(`DROP SCHEMA "${schema}" CASCADE`);
    },
    stop: async () => {
      await closeAll();
      await hand.close();
      await server.stop();
    },
  };
}

export function startMemoryServer(models: readonly Model[] = [], faults: MemoryFaults = {}): Promise<AnyServer> {
  let server = new MemoryServer({ clock: realClock, models });
  const open: AnyServer['open'] = async (entities, version) => {
    const client = { name: 'spec', clock: realClock, faults };
    const database = new MemoryFoldDatabase(server, { ...client, schema: HOME, version, entities });
    await database.open();
    return database;
  };
  return Promise.resolve({
    open,
    byOtherHand: (schema, work) => byOtherHand(server, schema, work),
    dropSchema: (schema) => Promise.resolve(server.dropSchema(schema)),
    dropTable: (schema, table) => Promise.resolve(server.dropTable(schema, table)),
    dropColumn: (schema, table, column) => Promise.resolve(server.dropColumn(schema, table, column)),
    schemas: () => Promise.resolve([...server.schemas.keys()].sort()),
    leaseEnds: (name, in_ms) => Promise.resolve(server.leaseEnds(HOME, name, in_ms)),
    empty: () => {
      server = new MemoryServer({ clock: realClock, models });
      return Promise.resolve();
    },
    stop: () => Promise.resolve(),
  });
}

/** Both of them, for `describe.each`. */
export const SERVERS: [name: string, start: () => Promise<AnyServer>][] = [
  ['PostgreSQL', startPostgresServer],
  ['the model in memory', startMemoryServer],
];
