import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OtaEvent, StoredEvent } from '@edgeflow/contracts';
import { createRows, openDatabase, type PostgresFoldDatabase, type Query } from '@edgeflow/fold';
import { startTestPostgres, type TestPostgres } from '@edgeflow/testkit';
import { ENTITIES, projectionFold } from '../processors/projection.fold.js';
import { storyOf, type Story } from '../testing/device-story.fixture.js';

/** How many rows of a table a connection has changed that it has not told others of yet, and of how many it has written no index (PostgreSQL, section 27.2). */
const CHANGED: Query<string, { changed: number; hot: number }> = {
  name: 'changed',
  sql: `SELECT n_tup_upd::int AS changed, n_tup_hot_upd::int AS hot FROM pg_stat_xact_user_tables WHERE relname = $1`,
  bind: (table) => [table],
};

const devices = Array.from({ length: 300 }, (_, n) => storyOf(`dev_${n}`));
let postgres: TestPostgres;
let database: PostgresFoldDatabase;
let position = 0;

beforeAll(async () => {
  postgres = await startTestPostgres();
  database = await openDatabase(postgres.url, { schema: 'spec', entities: ENTITIES });
  await createRows(database);
});

afterAll(async () => {
  await database.close();
  await postgres.stop();
});

/** Folds what happens to every device. @returns what that changed */
function fold(happens: (device: Story) => OtaEvent) {
  const batch = devices.map((device): StoredEvent => ({ ...happens(device), position: ++position }));
  return database.inTransaction(async (tx) => {
    const [before] = await tx.select(CHANGED, 'device');
    await projectionFold.apply(batch, tx);
    const [after] = await tx.select(CHANGED, 'device');
    if (!before || !after) throw new Error('there is no table device');
    return { changed: after.changed - before.changed, hot: after.hot - before.hot };
  });
}

describe('the record of a device', () => {
  it('is changed by what it says of its progress without an index that is written', async () => {
    await fold((device) => device.registered());
    await fold((device) => device.connected());
    await fold((device) => device.queued(1, '1.1.0'));
    await fold((device) => device.dispatched(1, '1.1.0'));
    for (const percent of [10, 20, 30, 40, 50]) {
      const { changed, hot } = await fold((device) => device.progress(1, percent));
      expect(changed).toBe(devices.length);
      // A page may be full of what the transaction before has left.
      expect(hot, `at ${percent} %`).toBeGreaterThan(devices.length * 0.9);
    }
  });
});
