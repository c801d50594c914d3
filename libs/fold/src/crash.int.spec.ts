import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { runSql, startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { FoldCheckpoint } from './checkpoint.js';
import { openDatabase } from './database.js';
import type { Lasts } from './fold-database.js';
import { Fold } from './fold.js';
import { readableFrom } from './readable-from.js';
import type { Query } from './rows.js';
import { Seen, definition, revoked, until, upTo } from './seen.fixture.js';
import { createRows } from './tables.js';

const nothing = { generation: 'spec', stream_created: 'spec', position: 0, event_id: null, lasting_position: null };
const rest = { lasting_id: null, alarm: null, rebuild: null };
const COMMITS: Query<object, { commits: string }> = {
  name: 'commits',
  sql: `SELECT current_setting('synchronous_commit') AS commits`,
  bind: () => [],
};

let postgres: TestPostgres;
let nats: TestNats;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startTestPostgres(), startTestNats()]);
  // What is committed reaches the disk by itself after three times that: long after the crash.
  await runSql(postgres.url, `ALTER SYSTEM SET wal_writer_delay = '10s'`);
  await runSql(postgres.url, 'SELECT pg_reload_conf()');
});
afterAll(() => Promise.all([postgres.stop(), nats.stop()]));

describe('a fold whose rows last soon', () => {
  it('folds again what a crash of PostgreSQL has taken back, and says nothing else meanwhile', async () => {
    const log = await JetStreamLog.connect({ servers: nats.url, name: 'crash-spec' });
    const database = await openDatabase(postgres.url, { schema: 'spec', entities: [Seen] });
    const fold = new Fold(log, database, definition({ lasts: 'soon' }), { machine: systemMachine });
    await fold.start();
    try {
      let last = 0;
      for (const n of upTo(40)) {
        ({ last } = await log.append([revoked(`dev_${n}`)], { after: 0 }));
        if (n % 10 === 0) expect(await readableFrom(fold, last, 10_000)).toBe(last);
        // What is there by then is on the disk.
        if (n === 10) await runSql(postgres.url, 'CHECKPOINT');
      }
      const { generation } = fold;
      // Without the log nothing is folded again yet.
      await nats.kill();
      await postgres.kill();
      await postgres.restart();
      await until(async () => (await fold.committed().catch(() => last)) < last);
      expect(fold.alarm()).toBeUndefined();
      expect(fold.position).toBeGreaterThanOrEqual(10);
      await nats.restart();
      expect(await readableFrom(fold, last, 30_000)).toBe(last);
      const rows = await database.rows.range(Seen, {}, { order: { position: 'asc' } });
      expect(rows.map(({ position }) => position)).toEqual(upTo(40));
      expect([fold.generation, fold.alarm()]).toEqual([generation, undefined]);
    } finally {
      await fold.stop();
      await database.close();
      await log.close();
    }
  }, 90_000);

  it('does not wait for the disk where it says so, and nowhere else', async () => {
    const database = await openDatabase(postgres.url, { schema: 'waits', entities: [Seen] });
    await createRows(database);
    const commits = (lasts?: Lasts) =>
      database.inTransaction(async (tx) => {
        await tx.run({ name: 'waits', sql: 'SET LOCAL synchronous_commit = on', bind: () => [] }, {});
        await tx.add(FoldCheckpoint, [{ ...nothing, ...rest, name: 'spec' }]);
        await tx.lockCheckpoint('spec', lasts);
        return (await tx.select(COMMITS, {}))[0]?.commits;
      });
    expect([await commits('soon'), await commits('at-once'), await commits()]).toEqual(['off', 'on', 'on']);
    await database.close();
  });
});
