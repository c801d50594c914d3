import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { runSql, startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { dropUnused } from './drop-unused.js';
import { Fold } from './fold.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { inOneSnapshot } from './one-snapshot.js';
import { areRowsWhole, askForRebuild } from './rebuild.js';
import { Seen, definition, revoked, see, until, upTo } from './seen.fixture.js';

/** Between two events of a log that grows meanwhile. */
const PAUSE_MS = 5;

let postgres: TestPostgres;
let nats: TestNats;
let url: string;
let log: EventLog;
const open: (() => Promise<unknown>)[] = [];

interface Replica {
  fold: Fold;
  database: PostgresFoldDatabase;
}

async function replica(version: number, change: Partial<FoldDefinition> = {}): Promise<Replica> {
  const database = await openDatabase(url, { schema: 'spec', version, entities: [Seen] });
  open.push(() => database.destroy());
  const fold = new Fold(log, database, definition({ version, ...change }), { machine: systemMachine, batch: 50 });
  open.push(() => fold.stop());
  void fold.start();
  return { fold, database };
}

async function append(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await log.append([revoked(`dev_${n}`)], { after: 0 });
}

const positions = async ({ database }: Replica): Promise<number[]> =>
  (await database.manager.find(Seen, { order: { position: 'ASC' } })).map((row) => row.position);
const reaches = ({ fold }: Replica, position: number): Promise<void> =>
  until(async () => (await fold.readable().catch(() => -1)) >= position);
const generation = async (): Promise<unknown> =>
  (await runSql(url, 'SELECT generation FROM spec_1.fold_checkpoint'))[0]?.['generation'];
const schemas = async (): Promise<unknown[]> =>
  (await runSql(url, `SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^spec' ORDER BY 1`)).map(
    ({ name }) => name,
  );

/** Lets a fold write nothing before it is opened. */
function gate(): { opened: () => void; apply: FoldDefinition['apply'] } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    opened: resolve,
    apply: async (batch, tx) => {
      await promise;
      await see(tx, batch);
    },
  };
}

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  nats = await startTestNats();
  url = await postgres.freshDatabase();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await log.close();
  await nats.stop();
});

describe('rows that somebody has made anew', () => {
  it('are read from as they were until the new ones have what they have, while events come and go on coming', async () => {
    const heard: StoredEvent[] = [];
    // Either may lead.
    const committed = (batch: readonly StoredEvent[]) => void heard.push(...batch);
    const one = await replica(1, { committed });
    const two = await replica(1, { committed });
    await append(1, 100);
    await reaches(one, 100);
    const before = await generation();
    let appended = 100;
    let isReplaced = false;
    const load = (async () => {
      for (; !isReplaced; appended++) {
        await append(appended + 1, appended + 1);
        await sleep(PAUSE_MS);
      }
    })();
    await askForRebuild({ url }, 'spec');
    while (!(await areRowsWhole({ url }, 'spec'))) {
      for (const each of [one, two]) {
        const position = await each.fold.readable();
        const [found] = (await each.database.query(
          'SELECT count(*)::int AS rows, max(position)::int AS last FROM seen',
        )) as {
          rows: number;
          last: number;
        }[];
        expect(found?.rows).toBe(found?.last);
        expect(found?.last).toBeGreaterThanOrEqual(position);
      }
    }
    isReplaced = true;
    await load;
    expect(await generation()).not.toBe(before);
    await reaches(two, appended);
    expect(await positions(one)).toEqual(upTo(appended));
    expect(new Set(heard.map(({ position }) => position))).toEqual(new Set(upTo(appended)));
    await until(async () => (await schemas()).length === 2);
    expect(await schemas()).toEqual(['spec', 'spec_1']);
  });

  it('wait for whoever reads several tables as of one moment, while what is read goes on', async () => {
    const one = await replica(1);
    await append(1, 20);
    await reaches(one, 20);
    const before = await generation();
    await inOneSnapshot(one.database, async (tables) => {
      expect(await tables.count(Seen)).toBe(20);
      await askForRebuild({ url }, 'spec');
      await until(async () => (await schemas()).includes('spec_1_next'));
      await append(21, 25);
      await until(async () => {
        const [next] = await runSql(url, 'SELECT position::int FROM spec_1_next.fold_checkpoint').catch(() => []);
        return Number(next?.['position']) === 25;
      });
      expect(await tables.count(Seen)).toBe(20);
      await append(26, 30);
      await reaches(one, 30);
    });
    await until(() => areRowsWhole({ url }, 'spec'));
    expect(await generation()).not.toBe(before);
    expect(await positions(one)).toEqual(upTo(30));
  });

  it('are built further by the next leader, and another time when it is asked again', async () => {
    await append(1, 90);
    const first = await replica(1);
    await reaches(first, 90);
    await first.fold.stop();
    let tries = 0;
    const stuck = await replica(1, {
      apply: async (batch, tx) => {
        if (batch.some(({ position }) => position > 50)) {
          tries += 1;
          throw Object.assign(new Error('the backend went away'), { code: '57P01' });
        }
        await see(tx, batch);
      },
    });
    await askForRebuild({ url }, 'spec');
    await until(() => tries > 0);
    expect(await positions(stuck)).toEqual(upTo(90));
    await stuck.fold.stop();
    const folded: number[] = [];
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      folded.push(...batch.map(({ position }) => position));
      await see(tx, batch);
    };
    const third = await replica(1, { apply });
    await until(() => areRowsWhole({ url }, 'spec'));
    expect(folded[0]).toBeGreaterThan(1);
    expect(await positions(third)).toEqual(upTo(90));
  });
});

describe('a new version of a fold', () => {
  it('is built beside the old one, which answers and goes on folding until nobody runs it any more', async () => {
    const old = await replica(1);
    await append(1, 20);
    await reaches(old, 20);
    const { opened, apply } = gate();
    const young = await replica(2, { apply });
    await until(async () => (await schemas()).includes('spec_2_next'));
    await expect(young.fold.readable()).rejects.toMatchObject({ code: 'read-model-behind' });
    await append(21, 25);
    await reaches(old, 25);
    expect(old.fold.leading()).toBe(true);
    expect(young.fold.leading()).toBe(false);
    opened();
    await reaches(young, 25);
    await append(26, 30);
    await reaches(young, 30);
    await reaches(old, 30);
    expect(await positions(young)).toEqual(upTo(30));
    expect(await positions(old)).toEqual(upTo(30));
    expect([old.fold.leading(), young.fold.leading()]).toEqual([true, true]);
  });

  it('drops what nobody has folded for a day', async () => {
    const old = await replica(1);
    await append(1, 3);
    await reaches(old, 3);
    await old.fold.stop();
    await runSql(url, `UPDATE spec.fold_lease SET expires_at = expires_at - interval '25 hours'`);
    const young = await replica(2);
    await reaches(young, 3);
    await until(async () => !(await schemas()).includes('spec_1'));
    expect(await schemas()).toEqual(['spec', 'spec_2']);
  });

  it('drops it another time when somebody reads from it still', async () => {
    const old = await replica(1);
    await append(1, 3);
    await reaches(old, 3);
    await old.fold.stop();
    await runSql(url, `UPDATE spec.fold_lease SET expires_at = expires_at - interval '25 hours'`);
    const young = await openDatabase(url, { schema: 'spec', version: 2, entities: [Seen] });
    open.push(() => young.destroy());
    await inOneSnapshot(old.database, async (tables) => {
      await dropUnused(young);
      expect(await tables.count(Seen)).toBe(3);
    });
    await dropUnused(young);
    expect(await schemas()).toEqual(['spec']);
    expect(await runSql(url, 'SELECT name FROM spec.fold_lease')).toEqual([]);
  });

  it('does not take a log for right that the rows of the old one were not made of, until somebody decides', async () => {
    const old = await replica(1);
    await append(1, 5);
    await reaches(old, 5);
    await old.fold.stop();
    await runSql(url, 'UPDATE spec_1.fold_checkpoint SET position = 1000');
    const young = await replica(2);
    await until(() => young.fold.alarm() !== undefined);
    await expect(append(6, 6)).rejects.toMatchObject({ code: 'log-diverged' });
    expect(await schemas()).toEqual(['spec', 'spec_1']);
    await askForRebuild({ url }, 'spec');
    await reaches(young, 5);
    expect(young.fold.alarm()).toBeUndefined();
    await append(6, 6);
    await reaches(young, 6);
  });
});

describe('tables of another build', () => {
  it('of the same version are made anew, and not answered from', async () => {
    const one = await replica(1);
    await append(1, 3);
    await reaches(one, 3);
    await runSql(url, 'ALTER TABLE spec_1.seen RENAME COLUMN device_id TO device');
    await until(async () => (await one.fold.readable().catch(() => -1)) < 0);
    await reaches(one, 3);
    expect((await one.database.manager.find(Seen)).map(({ device_id }) => device_id)).toEqual([
      'dev_1',
      'dev_2',
      'dev_3',
    ]);
  });
});
