import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SERVERS, startMemoryServer, startPostgresServer, type AnyServer } from './both-servers.fixture.js';
import type { FoldDatabase } from './fold-database.js';
import { modelOfQuery } from './memory.js';
import { pipelined } from './pipelined.js';
import type { Query, Rows } from './rows.js';
import { PlainSample, Sample, allSamples, manySamples, step, type Step } from './sample.fixture.js';

const ENTITIES = [Sample, PlainSample];

/** What a step gives, or the SQLSTATE, or the kind of error, by which it is refused. */
async function outcome(of: Promise<unknown>): Promise<unknown> {
  try {
    return { gives: await of };
  } catch (error) {
    return { refuses: (error as { code?: unknown }).code ?? (error as Error).name };
  }
}

describe('rows in memory and in PostgreSQL', () => {
  let servers: AnyServer[];
  let databases: FoldDatabase[];

  beforeAll(async () => {
    servers = [await startPostgresServer(), await startMemoryServer()];
    databases = await Promise.all(servers.map((server) => server.open(ENTITIES)));
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
  });

  const fresh = async (): Promise<void> => {
    for (const database of databases) await database.createRows();
  };
  const emptied = async (): Promise<void> => {
    for (const { rows } of databases) await rows.remove(Sample, {});
  };
  beforeEach(fresh);

  it('give the same, store the same, and refuse the same, whatever is asked of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await emptied();
        for (const { what, do: ask } of steps) {
          const [real, model] = await Promise.all(databases.map(({ rows }) => outcome(ask(rows))));
          expect(model, what).toEqual(real);
          const [stored, modelled] = await Promise.all(databases.map(({ rows }) => allSamples(rows)));
          expect(modelled, what).toEqual(stored);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('store many rows as they store few, and refuse one of them that cannot be stored', async () => {
    const wrong = fc.constantFrom({ whole: 2 ** 31 }, { small: 1.5 }, { at: 'noon' }, { note: 'as it is' });
    await fc.assert(
      fc.asyncProperty(manySamples, fc.nat(99), wrong, async (samples, which, change) => {
        await emptied();
        const changed = samples.map((one, index) => (index === which ? { ...one, ...change } : one)) as Sample[];
        for (const all of [samples, changed]) {
          const [real, model] = await Promise.all(databases.map(({ rows }) => outcome(rows.put(Sample, all))));
          expect(model).toEqual(real);
          const [stored, modelled] = await Promise.all(databases.map(({ rows }) => allSamples(rows)));
          expect(modelled).toEqual(stored);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('and so in one transaction, which is committed as a whole or not at all', async () => {
    const inOne = (database: FoldDatabase, steps: readonly Step[]): Promise<unknown> => {
      const outcomes: unknown[] = [];
      return database.inTransaction(async (tx) => {
        for (const { do: ask } of steps) outcomes.push(await outcome(ask(tx)));
        return outcomes;
      });
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await emptied();
        const [real, model] = await Promise.all(databases.map((database) => inOne(database, steps)));
        const what = steps.map((one) => one.what).join('\n');
        expect(model, what).toEqual(real);
        const [stored, modelled] = await Promise.all(databases.map(({ rows }) => allSamples(rows)));
        expect(modelled, what).toEqual(stored);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a query whose answer is whole rows', () => {
  const OF_ORG: Query<{ org: string }, Sample> = {
    name: 'samples-of-org',
    of: Sample,
    sql: 'SELECT * FROM sample WHERE org = $1 ORDER BY id',
    bind: ({ org }) => [org],
  };
  const model = modelOfQuery(OF_ORG, async (tables, { org }) =>
    (await tables.all(Sample)).filter((row) => row.org === org).toSorted((a, b) => a.id - b.id),
  );

  it.each([
    ['PostgreSQL', startPostgresServer],
    ['the model in memory', () => startMemoryServer([model])],
  ])('gives them as they were stored, in %s', async (_, start) => {
    const server = await start();
    try {
      const database = await server.open(ENTITIES);
      await database.createRows();
      const of = { org: 'a', whole: 1, small: null, flag: true, note: null, tags: ['x'], data: { deep: [1] } };
      const samples: Sample[] = [1, 2].map((id) => ({ ...of, id, position: 2 ** 40, at: '2026-02-21T12:00:00.000Z' }));
      await database.rows.put(Sample, samples);
      expect(await database.rows.select(OF_ORG, { org: 'a' })).toEqual(samples);
    } finally {
      await server.stop();
    }
  });
});

describe.each(SERVERS)('rows in %s', (_, start) => {
  let server: AnyServer;
  let database: FoldDatabase;
  let rows: Rows;

  beforeAll(async () => {
    server = await start();
    database = await server.open(ENTITIES);
    ({ rows } = database);
  });
  afterAll(() => server.stop());
  beforeEach(() => database.createRows());

  const sample = (change: Partial<Sample> = {}): Sample => ({
    ...{ org: 'a', id: 1, position: 1, whole: 0, small: null, flag: false, note: null, tags: [], at: null, data: null },
    ...change,
  });

  it('move only forward where they have a position, and are replaced where they have none', async () => {
    await rows.put(Sample, [sample({ position: 5, note: 'five' })]);
    await rows.put(Sample, [sample({ position: 5, note: 'five again' }), sample({ id: 2 })]);
    expect((await allSamples(rows)).map(({ note }) => note)).toEqual(['five', null]);
    await rows.put(PlainSample, [{ name: 'x', note: 'first' }]);
    await rows.put(PlainSample, [{ name: 'x', note: 'last' }]);
    expect(await rows.get(PlainSample, [{ name: 'x' }, { name: 'x' }])).toEqual([{ name: 'x', note: 'last' }]);
  });

  it('are values: who changes what it was given changes nothing here', async () => {
    const given = sample({ data: { deep: ['as stored'] } });
    await rows.put(Sample, [given]);
    (given.data as { deep: string[] }).deep.push('changed later');
    expect(await rows.range(Sample, {})).toMatchObject([{ data: { deep: ['as stored'] } }]);
  });

  it('refuse a condition that is not said: it would mean every row', async () => {
    await rows.put(Sample, [sample()]);
    await expect(rows.remove(Sample, { note: undefined as never })).rejects.toThrow(TypeError);
    expect(await rows.count(Sample, {})).toBe(1);
  });

  it('do statements of a transaction in the order in which they are asked for, unwaited for', async () => {
    await database.inTransaction(async (tx) => {
      const [, found] = await pipelined(tx.put(Sample, [sample()]), tx.range(Sample, {}), tx.remove(Sample, {}));
      expect(found).toHaveLength(1);
    });
    expect(await rows.exists(Sample, {})).toBe(false);
  });

  it('are not there where they were dropped', async () => {
    await server.dropColumn('spec_1', 'sample', 'note');
    await expect(rows.range(Sample, {})).rejects.toMatchObject({ code: '42703' });
    expect(await database.wrongTables()).toEqual(['"sample".note']);
    await server.dropTable('spec_1', 'sample');
    await expect(rows.put(Sample, [sample()])).rejects.toMatchObject({ code: '42P01' });
    expect(await database.wrongTables()).toEqual(['"sample"']);
    await server.dropSchema('spec_1');
    await expect(rows.count(PlainSample, {})).rejects.toMatchObject({ code: '42P01' });
  });
});
