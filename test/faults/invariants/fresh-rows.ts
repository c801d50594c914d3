import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { PostgresRows, createRows, openDatabase, schemasOf, type FoldDefinition } from '@edgeflow/fold';
import { runSql } from '@edgeflow/testkit';
import { ENTITIES as READ_MODELS, projectionFold } from '../../../apps/projection/src/processors/projection.fold.js';
import {
  ENTITIES as ORCHESTRATOR,
  orchestratorFold,
} from '../../../apps/rollout-orchestrator/src/processors/orchestrator.fold.js';
import { rowDifferences, type RowTexts } from '../../../apps/world/src/invariants/rows.js';
import type { StandaloneUnderTest } from '../../e2e/standalone.harness.js';
import { readersLog } from '../../security/events-of.js';

const FOLDS: readonly [schema: string, fold: FoldDefinition, entities: readonly (new () => object)[]][] = [
  ['projection', projectionFold, READ_MODELS],
  ['orchestrator', orchestratorFold(() => undefined), ORCHESTRATOR],
];
const BATCH = 500;
const PATIENCE_MS = 120_000;

/**
 * Where the rows of the services are not what a fold from zero makes of the log, a line for each row.
 * @param end how far the rows must be before they are looked at
 */
export async function rowFaults(standalone: StandaloneUnderTest, end: number): Promise<string[]> {
  const { endpoints } = standalone;
  const log = await readersLog(standalone);
  const name = `fresh_${randomBytes(4).toString('hex')}`;
  await runSql(endpoints.database_url, `CREATE DATABASE ${name}`);
  try {
    const fresh = new URL(endpoints.database_url);
    fresh.pathname = `/${name}`;
    const faults: string[] = [];
    for (const [schema, fold, entities] of FOLDS) {
      const tables = await freshTables(fresh.href, { schema, fold, entities, log }, async (names) => {
        const { live } = schemasOf(schema, fold.version);
        await reached(endpoints.database_url, live, end);
        return snapshot(endpoints.database_url, live, names);
      });
      faults.push(...rowDifferences(schema, tables.live, tables.fresh));
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
  look: (tables: readonly string[]) => Promise<{ position: number; rows: RowTexts }>,
): Promise<{ live: RowTexts; fresh: RowTexts }> {
  const database = await openDatabase(url, { schema, version: fold.version, entities: [...entities] });
  try {
    await createRows(database);
    const tables = entities.map((entity) => database.getMetadata(entity).tableName);
    const live = await look(tables);
    for await (const { events, unread } of batches(log, live.position)) {
      await database.transaction(async (tx) => {
        const rows = new PostgresRows(tx);
        if (events.length > 0) await fold.apply(events, rows);
        if (unread.length > 0) await fold.passOver?.(unread, rows);
      });
    }
    return { live: live.rows, fresh: (await snapshot(url, database.sees, tables)).rows };
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
): Promise<{ position: number; rows: RowTexts }> {
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
