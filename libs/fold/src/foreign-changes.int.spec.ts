import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { runSql, startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { Fold } from './fold.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import { foldReadiness } from './readiness.js';
import { Seen, definition, revoked, until } from './seen.fixture.js';
import { DeadLetterRow } from './dead-letter.row.js';
import { wrongTables } from './wrong-tables.js';

const all = ['dev_1', 'dev_2', 'dev_3', 'dev_4', 'dev_5'];
let postgres: TestPostgres;
let nats: TestNats;
let url: string;
let log: EventLog;
let database: PostgresFoldDatabase;
let fold: Fold;

const devices = async (): Promise<string[]> =>
  (await database.manager.find(Seen, { order: { position: 'ASC' } })).map((row) => row.device_id);

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  for (const device of all) await log.append([revoked(device)], { after: 0 });
});
afterAll(async () => {
  await log.close();
  await Promise.all([postgres.stop(), nats.stop()]);
});

beforeEach(async () => {
  url = await postgres.freshDatabase();
  database = await openDatabase(url, { schema: 'spec', entities: [Seen] });
  fold = new Fold(log, database, definition(), { machine: systemMachine });
  await fold.start();
  await fold.waitFor(all.length, 30_000);
});
afterEach(async () => {
  await fold.stop();
  await database.destroy();
});

describe('rows that another hand has changed while nothing happens', () => {
  it.each([
    ['emptied', 'TRUNCATE spec_1.seen'],
    ['deleted', 'DELETE FROM spec_1.seen WHERE position = 2'],
    ['changed', "UPDATE spec_1.seen SET device_id = 'other' WHERE position = 3"],
    ['added', "INSERT INTO spec_1.seen VALUES (99, 'planted')"],
  ])('%s, are made anew from the log, and not answered from until then', async (_, change) => {
    await runSql(url, change);
    await expect(fold.readable()).rejects.toMatchObject({ code: 'read-model-behind' });
    await until(async () => (await fold.readable().catch(() => 0)) === all.length);
    expect(await devices()).toEqual(all);
  });

  it('are as they were when it did not commit', async () => {
    await runSql(url, 'BEGIN; TRUNCATE spec_1.seen; ROLLBACK');
    expect(await fold.readable()).toBe(all.length);
    expect(await devices()).toEqual(all);
  });

  it('are looked after in tables that come anew as well', async () => {
    await runSql(url, 'DROP TABLE spec_1.seen');
    await until(async () => (await devices().catch(() => [])).length === all.length);
    await until(async () => (await fold.readable().catch(() => 0)) === all.length);
    await runSql(url, 'DELETE FROM spec_1.seen');
    await expect(fold.readable()).rejects.toMatchObject({ code: 'read-model-behind' });
    await until(async () => (await fold.readable().catch(() => 0)) === all.length);
    expect(await devices()).toEqual(all);
  });
});

describe('tables that another hand has changed while nothing happens', () => {
  it.each([
    ['a column is gone', 'ALTER TABLE spec_1.seen DROP COLUMN device_id'],
    ['a column has another name', 'ALTER TABLE spec_1.seen RENAME COLUMN device_id TO device'],
    ['a column has another type', "ALTER TABLE spec_1.seen ALTER COLUMN device_id TYPE json USING '{}'"],
    ['the primary key is gone', 'ALTER TABLE spec_1.seen DROP CONSTRAINT "PK_seen"'],
    ['a column must not be null', 'ALTER TABLE spec_1.set_aside ALTER COLUMN acknowledged_by SET NOT NULL'],
    ['the checkpoint has no position', 'ALTER TABLE spec_1.fold_checkpoint DROP COLUMN position'],
    ['there is no lease', 'DROP TABLE spec.fold_lease'],
  ])('are made anew with their rows, and no event is set aside for them: %s', async (_, change) => {
    const [key] = (await database.query(
      "SELECT conname FROM pg_constraint WHERE conrelid = 'spec_1.seen'::regclass AND contype = 'p'",
    )) as { conname: string }[];
    await runSql(url, change.replace('PK_seen', key!.conname));
    const next = `dev_${Date.now()}`;
    all.push(next);
    await log.append([revoked(next)], { after: 0 });
    await until(async () => (await wrongTables(database)).length === 0);
    await until(async () => (await devices().catch(() => [])).length === all.length);
    await until(async () => (await fold.readable().catch(() => 0)) === all.length);
    expect(await devices()).toEqual(all);
    expect(await database.manager.count(DeadLetterRow)).toBe(0);
  });
});

describe('a database that another hand has made read-only', () => {
  const setTo = async (change: string): Promise<void> => {
    const name = new URL(url).pathname.slice(1);
    await runSql(url, `BEGIN READ WRITE; ALTER DATABASE "${name}" ${change}; COMMIT`);
    await runSql(
      url,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
  };

  it('is named, and written to when it is not any more', async () => {
    const { check } = foldReadiness({ database, fold, max_lag: 100 }).find(({ name }) => name === 'postgres')!;
    const said = () => Promise.resolve(check()).catch(String);
    await setTo('SET default_transaction_read_only = on');
    await until(async () => (await said()) === 'Error: nothing is stored: the database is read-only');
    await setTo('RESET default_transaction_read_only');
    await until(async () => (await said()) === undefined);
    await until(() => fold.leading());
  });
});
