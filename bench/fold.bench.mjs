/** The projection's fold against a bare upsert of the same rows in the same transaction sizes on the same server. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { toEvent } from '@edgeflow/contracts';
import { startPostgres } from '@edgeflow/embedded';
import { PostgresRows, createRows, openDatabase } from '@edgeflow/fold';
import { ENTITIES, projectionFold } from '../apps/projection/dist/processors/projection.fold.js';
import { rate } from './rate.mjs';

const BATCH = 500;
const BATCHES = 20;
const DEVICES = 2000;
let position = 0;

function progress() {
  position += 1;
  const device_id = `dev_${position % DEVICES}`;
  const stream = { org: 'bench', entity: 'device', entity_id: device_id };
  const data = { device_id, model: 'm1', version: `1.0.${position % 100}`, boot_id: `boot_${position}` };
  const cause = { id: `evt_${position}`, source: '/bench', time: new Date().toISOString() };
  return { ...toEvent(stream, { type: 'DeviceVersionReported', data }, cause), position };
}

const batches = () => Array.from({ length: BATCHES }, () => Array.from({ length: BATCH }, progress));

async function bareBatch(client, batch) {
  await client.query('BEGIN');
  const column = (pick) => batch.map(pick);
  await client.query(`INSERT INTO bare_event SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::jsonb[])`, [
    column((e) => e.entity_id),
    column((e) => e.position),
    column((e) => e.type),
    column((e) => JSON.stringify(e.data)),
  ]);
  await client.query(
    `INSERT INTO bare_device SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::bigint[], $3::text[]) AS t(id, position, version) ORDER BY id, position DESC
     ON CONFLICT (id) DO UPDATE SET position = excluded.position, version = excluded.version`,
    [column((e) => e.entity_id), column((e) => e.position), column((e) => e.data.version)],
  );
  await client.query('COMMIT');
}

export default async function bench() {
  const dir = mkdtempSync(join(tmpdir(), 'edgeflow-bench-'));
  const server = await startPostgres({ dir: join(dir, 'postgres') });
  const database = await openDatabase(server.url, { schema: 'projection', entities: ENTITIES });
  await createRows(database);
  const client = new pg.Client(server.url);
  await client.connect();
  await client.query('CREATE TABLE bare_device (id text PRIMARY KEY, position bigint, version text)');
  await client.query('CREATE TABLE bare_event (id text, position bigint PRIMARY KEY, type text, data jsonb)');
  try {
    const ours = await rate(BATCH * BATCHES, async () => {
      for (const batch of batches())
        await database.transaction((tx) => projectionFold.apply(batch, new PostgresRows(tx)));
    });
    const ceiling = await rate(BATCH * BATCHES, async () => {
      for (const batch of batches()) await bareBatch(client, batch);
    });
    return [{ what: `device row + timeline, batches of ${BATCH}`, unit: 'events/s', ours, ceiling }];
  } finally {
    await client.end();
    await database.destroy();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}
