import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { BlackHole, startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { Fold } from './fold.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { foldReadiness } from './readiness.js';
import { Seen, definition, revoked, see, until, upTo } from './seen.fixture.js';

/** A replica with ways of its own to the servers. */
interface Replica {
  fold: Fold;
  log: EventLog;
  database: PostgresFoldDatabase;
  toNats: BlackHole;
  toPostgres: BlackHole;
}

let postgres: TestPostgres;
let nats: TestNats;
let url: string;
/** What the test itself looks with. */
let log: EventLog;
let database: PostgresFoldDatabase;
const open: (() => Promise<unknown>)[] = [];

async function opened<T>(opening: Promise<T>, close: (one: T) => Promise<unknown>): Promise<T> {
  const one = await opening;
  open.push(() => close(one));
  return one;
}

async function replica(change: Partial<FoldDefinition> = {}): Promise<Replica> {
  const toNats = await opened(BlackHole.before(nats.url), (hole) => hole.close());
  const toPostgres = await opened(BlackHole.before(url), (hole) => hole.close());
  const own = await opened(JetStreamLog.connect({ servers: toNats.url, name: 'replica' }), (one) => one.close());
  const rows = await opened(openDatabase(toPostgres.url, { schema: 'spec', entities: [Seen] }), (one) => one.destroy());
  const fold = new Fold(own, rows, definition(change), { machine: systemMachine });
  open.push(() => fold.stop());
  await fold.start();
  return { fold, log: own, database: rows, toNats, toPostgres };
}

async function append(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await log.append([revoked(`dev_${n}`)], { after: 0 });
}

const positions = async (): Promise<number[]> =>
  (await database.manager.find(Seen, { order: { position: 'ASC' } })).map((row) => row.position);
const folded = (n: number): Promise<void> => until(async () => (await positions().catch(() => [])).length >= n);
const checkOf = ({ fold, database: rows }: Replica) =>
  foldReadiness({ database: rows, fold, max_lag: 100 }).find(({ name }) => name === 'fold')!;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  nats = await startTestNats();
  url = await postgres.freshDatabase();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  database = await openDatabase(url, { schema: 'spec', entities: [Seen] });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await database.destroy();
  await log.close();
  await nats.stop();
});

describe('the leader of a fold', () => {
  it.each(['toNats', 'toPostgres'] as const)(
    'whose way %s goes black is replaced, and stands by when it is back',
    async (way) => {
      const first = await replica();
      await until(() => first.fold.leading());
      const second = await replica();
      await append(1, 5);
      await folded(5);
      first[way].swallow();
      await until(() => second.fold.leading());
      expect(first.fold.leading()).toBe(false);
      await append(6, 9);
      await folded(9);
      first[way].letThrough();
      await append(10, 12);
      await folded(12);
      expect(second.fold.leading()).toBe(true);
      expect(await positions()).toEqual(upTo(12));
      await until(async () => (await checkOf(first).check().catch(String)) === undefined);
    },
  );

  it('writes nothing of the batch that it is in when another one has taken over', async () => {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    let tries = 0;
    const { fold } = await replica({
      apply: async (batch, tx) => {
        const rows = batch.map(({ position, entity_id }) => ({ position, device_id: `try ${tries} of ${entity_id}` }));
        await see(tx, batch, rows);
        if (tries++ > 0) return;
        begun.resolve();
        await goOn.promise;
      },
    });
    await append(1, 1);
    await begun.promise;
    const held = `expires_at = clock_timestamp() + interval '10 seconds'`;
    await database.query(`UPDATE spec.fold_lease SET holder = 'another', term = term + 1, ${held}`);
    goOn.resolve();
    await until(() => !fold.leading());
    expect(await positions()).toEqual([]);
    await database.query(`UPDATE spec.fold_lease SET expires_at = clock_timestamp()`);
    await folded(1);
    expect(await database.manager.find(Seen)).toMatchObject([
      // Not of the first try, whose batch was not committed; it may have been tried again before the lease was looked at.
      { position: 1, device_id: expect.stringMatching(/^try [1-9]\d* of dev_1$/) as string },
    ]);
  });

  it('decides once its rows hold what was stored before it led', async () => {
    const first = await replica();
    await until(() => first.fold.leading());
    await first.fold.stop();
    await append(1, 3);
    const goOn = Promise.withResolvers<void>();
    const { fold } = await replica({
      apply: async (batch, tx) => {
        await goOn.promise;
        await see(tx, batch);
      },
    });
    await until(() => fold.leading());
    expect(await fold.decides()).toBe(false);
    await append(4, 4);
    goOn.resolve();
    await until(() => fold.decides());
    expect((await positions()).slice(0, 3)).toEqual(upTo(3));
  });

  it('is replaced when its lease ends later than any does: another hand wrote it, or the clock of PostgreSQL was set back', async () => {
    const { fold } = await replica();
    await until(() => fold.leading());
    const later = `expires_at = clock_timestamp() + interval '1 hour'`;
    await database.query(`UPDATE spec.fold_lease SET holder = 'frozen/1', term = term + 1, ${later}`);
    await append(1, 3);
    await folded(3);
    expect(fold.leading()).toBe(true);
  });

  it('that is not heard of any more is named by those who cannot take over', async () => {
    const standby = await replica();
    await until(() => standby.fold.leading());
    standby.toNats.swallow();
    await until(() => !standby.fold.leading());
    const over = `holder = 'frozen/1', expires_at = clock_timestamp() - interval '3 seconds'`;
    await database.query(`UPDATE spec.fold_lease SET ${over}`);
    expect(await standby.fold.vacancy()).toMatch(/^nobody folds: its leader has not been heard of for \d+ s$/);
  });
});
