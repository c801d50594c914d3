import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { EventLog } from '@edgeflow/event-log';
import { openDatabase, type FoldDefinition } from '@edgeflow/fold';
import { runSql } from '@edgeflow/testkit';
import { ENTITIES as READ_MODELS, projectionFold } from '../../../apps/projection/src/fold/projection.fold.js';
import { ENTITIES as LANES, orchestratorFold } from '../../../apps/rollout-orchestrator/src/orchestrator.fold.js';
import type { StandaloneUnderTest } from '../../e2e/standalone.harness.js';

const FOLDS: readonly [schema: string, fold: FoldDefinition, entities: readonly (new () => object)[]][] = [
  ['projection', projectionFold, READ_MODELS],
  ['orchestrator', orchestratorFold(() => undefined), LANES],
];
const BATCH = 500;
const PATIENCE_MS = 120_000;
/** Of each table so many rows are named. */
const SHOWN = 3;

type Rows = ReadonlyMap<string, readonly string[]>;

/**
 * Where the rows of the services are not what a fold from zero makes of the log, a line for each row.
 * @param end how far the rows must be before they are looked at
 */
export async function rowFaults({ endpoints }: StandaloneUnderTest, end: number): Promise<string[]> {
  const log = await EventLog.connect({
    servers: (await readFile(join(endpoints.nats_users, 'reader.url'), 'utf8')).trim(),
    ca: await readFile(endpoints.nats_ca, 'utf8'),
    api_prefix: endpoints.nats_api_prefix,
    name: 'invariants',
  });
  const name = `fresh_${randomBytes(4).toString('hex')}`;
  await runSql(endpoints.database_url, `CREATE DATABASE ${name}`);
  try {
    const fresh = new URL(endpoints.database_url);
    fresh.pathname = `/${name}`;
    const faults: string[] = [];
    for (const [schema, fold, entities] of FOLDS) {
      const tables = await freshTables(fresh.href, { schema, fold, entities, log }, async (names) => {
        await reached(endpoints.database_url, schema, end);
        return snapshot(endpoints.database_url, schema, names);
      });
      faults.push(...differences(schema, tables.live, tables.fresh));
    }
    return faults;
  } finally {
    await log.close();
    await runSql(endpoints.database_url, `DROP DATABASE ${name} WITH (FORCE)`);
  }
}

interface Folding {
  schema: string;
  fold: FoldDefinition;
  entities: readonly (new () => object)[];
  log: EventLog;
}

/** Folds from zero to exactly where the rows of the service are. */
async function freshTables(
  url: string,
  { schema, fold, entities, log }: Folding,
  look: (tables: readonly string[]) => Promise<{ position: number; rows: Rows }>,
): Promise<{ live: Rows; fresh: Rows }> {
  const database = await openDatabase(url, { schema, entities: [...entities] });
  try {
    const tables = entities.map((entity) => database.getMetadata(entity).tableName);
    const live = await look(tables);
    for await (const { events, unread } of batches(log, live.position)) {
      await database.transaction(async (tx) => {
        if (events.length > 0) await fold.apply(events, tx);
        if (unread.length > 0) await fold.passOver?.(unread, tx);
      });
    }
    return { live: live.rows, fresh: (await snapshot(url, schema, tables)).rows };
  } finally {
    await database.destroy();
  }
}

async function* batches(log: EventLog, end: number): AsyncGenerator<{ events: StoredEvent[]; unread: UnreadEvent[] }> {
  let unread: UnreadEvent[] = [];
  let events: StoredEvent[] = [];
  for await (const event of log.scan(['ota.>'], { onUnread: (one) => unread.push(one) })) {
    if (event.position > end) break;
    events.push(event);
    if (events.length < BATCH) continue;
    yield { events, unread };
    [events, unread] = [[], []];
  }
  yield { events, unread: unread.filter(({ position }) => position <= end) };
}

async function reached(url: string, schema: string, end: number): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    const [found] = await runSql(url, `SELECT position FROM ${schema}.fold_checkpoint`).catch(() => []);
    if (Number(found?.position ?? 0) >= end) return;
    if (Date.now() > until) throw new Error(`${schema} is at ${String(found?.position)} and not at ${end}`);
  }
}

/** All rows as one statement sees them, as text in an order of its own, and the checkpoint beside them. */
async function snapshot(
  url: string,
  schema: string,
  tables: readonly string[],
): Promise<{ position: number; rows: Rows }> {
  const parts = tables.map(
    (table) => `SELECT '${table}' AS "table", row_to_json(t)::text AS line FROM "${schema}"."${table}" t`,
  );
  const checkpoint = `SELECT '' AS "table", position::text AS line FROM "${schema}".fold_checkpoint`;
  const found = await runSql(url, [checkpoint, ...parts].join(' UNION ALL '));
  const lines = (table: string): string[] =>
    found.flatMap((row) => (row.table === table ? [String(row.line)] : [])).toSorted();
  const [position = '0'] = lines('');
  return { position: Number(position), rows: new Map(tables.map((table) => [table, lines(table)])) };
}

function differences(schema: string, live: Rows, fresh: Rows): string[] {
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
