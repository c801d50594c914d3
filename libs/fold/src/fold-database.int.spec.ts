import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SERVERS, type AnyServer } from './both-servers.fixture.js';
import { FoldCheckpoint } from './checkpoint.js';
import { RowsGone } from './database-errors.js';
import type { FoldDatabase } from './fold-database.js';
import { pipelined } from './pipelined.js';
import type { Rows } from './rows.js';
import { Seen } from './seen.fixture.js';

const FOLD = 'spec-fold';
/** Long enough for a statement that need not wait. */
const A_MOMENT_MS = 150;
const DAY_MS = 86_400_000;
const free = (): Promise<void> => Promise.resolve();

const checkpoint = (change: Partial<FoldCheckpoint> = {}): FoldCheckpoint => ({
  ...{ name: FOLD, generation: 'g', stream_created: 's', position: 3, event_id: 'e' },
  ...{ lasting_position: null, lasting_id: null, alarm: null, rebuild: null },
  ...change,
});
const seen = (position: number, device_id = 'd'): Seen => ({ position, device_id });
const positions = async (rows: Rows): Promise<number[]> =>
  (await rows.range(Seen, {}, { order: { position: 'asc' } })).map(({ position }) => position);
const found = async ({ rows }: FoldDatabase): Promise<FoldCheckpoint | undefined> =>
  (await rows.get(FoldCheckpoint, [{ name: FOLD }]))[0];

/** Whether something has happened after a moment. */
async function isDone(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(A_MOMENT_MS, false)]);
}

/** A transaction that goes on until it is let go; resolves when its work is done. */
async function held(
  begin: (work: (rows: Rows) => Promise<void>) => Promise<unknown>,
  work: (rows: Rows) => Promise<unknown>,
): Promise<{ end: () => Promise<unknown> }> {
  const begun = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const over = begin(async (rows) => {
    await work(rows);
    begun.resolve();
    await letGo.promise;
  });
  over.catch(begun.reject);
  await begun.promise;
  return {
    end: () => {
      letGo.resolve();
      return over;
    },
  };
}

describe.each(SERVERS)('the database of a fold: %s', (_, start) => {
  let server: AnyServer;
  let one: FoldDatabase;
  let two: FoldDatabase;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.empty();
    [one, two] = [await server.open([Seen]), await server.open([Seen])];
    await one.createRows();
    await one.inTransaction((tx) => tx.add(FoldCheckpoint, [checkpoint()]));
  });

  describe('a transaction', () => {
    it('is seen by nobody else before it is committed', async () => {
      const writing = await held(
        (work) => one.inTransaction(work),
        (tx) => tx.add(Seen, [seen(1)]),
      );
      expect(await positions(two.rows)).toEqual([]);
      await writing.end();
      expect(await positions(two.rows)).toEqual([1]);
    });

    it('leaves nothing when its work fails', async () => {
      const failing = one.inTransaction(async (tx) => {
        await tx.add(Seen, [seen(1)]);
        throw new Error('halfway');
      });
      await expect(failing).rejects.toThrow('halfway');
      expect(await positions(one.rows)).toEqual([]);
    });

    it('commits nothing once a statement of it was refused, though nobody minds', async () => {
      const refused = one.inTransaction(async (tx) => {
        await tx.add(Seen, [seen(1)]);
        await tx.add(Seen, [{ position: 2 } as Seen]).catch(() => undefined);
        await expect(tx.count(Seen, {})).rejects.toMatchObject({ code: '25P02' });
      });
      await refused;
      expect(await positions(one.rows)).toEqual([]);
    });

    it('fails with what was refused first, not with the aftermath', async () => {
      const failing = one.inTransaction((tx) =>
        pipelined(tx.add(Seen, [{ position: 2 } as Seen]), tx.count(Seen, {}), tx.count(Seen, {})),
      );
      await expect(failing).rejects.toMatchObject({ code: '23502' });
    });

    it('sees what others commit meanwhile', async () => {
      await one.inTransaction(async (tx) => {
        expect(await tx.count(Seen, {})).toBe(0);
        await two.inTransaction((other) => other.add(Seen, [seen(1)]));
        expect(await tx.count(Seen, {})).toBe(1);
      });
    });

    // The table of checkpoints: who writes another one beside a fold waits for the checkpoint anyway.
    const generations = async (rows: Rows): Promise<string[]> =>
      (await rows.range(FoldCheckpoint, {}, { order: { name: 'asc' } })).map(({ generation }) => generation);

    it('waits for who has written the row, and then goes by what is there', async () => {
      const writing = await held(
        (work) => one.inTransaction(work),
        async (tx) => {
          await tx.change(FoldCheckpoint, { generation: 'g' }, { generation: 'second' });
          await tx.add(FoldCheckpoint, [checkpoint({ name: 'a', generation: 'here first' })]);
        },
      );
      const later = two.rows.change(FoldCheckpoint, { generation: 'g' }, { generation: 'third' });
      const removed = two.rows.remove(FoldCheckpoint, { generation: 'g' });
      const added = two.rows.add(FoldCheckpoint, [checkpoint({ name: 'a', generation: 'too late' })]);
      expect(await isDone(Promise.race([later, removed, added]))).toBe(false);
      expect(await generations(two.rows)).toEqual(['g']);
      await writing.end();
      await Promise.all([later, removed, added]);
      expect(await generations(two.rows)).toEqual(['here first', 'second']);
    });

    it('ends for one of two that wait for each other', async () => {
      await one.rows.add(FoldCheckpoint, [checkpoint({ name: 'a' }), checkpoint({ name: 'b' })]);
      const crossing = (
        database: FoldDatabase,
        [first, second]: [string, string],
        here: () => void,
        met: Promise<void>,
      ) =>
        database.inTransaction(async (tx) => {
          await tx.change(FoldCheckpoint, { name: first }, { generation: first });
          here();
          await met;
          await tx.change(FoldCheckpoint, { name: second }, { generation: first });
        });
      const [a, b] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const ends = await Promise.allSettled([
        crossing(one, ['a', 'b'], a.resolve, b.promise),
        crossing(two, ['b', 'a'], b.resolve, a.promise),
      ]);
      const refused = ends.filter((end) => end.status === 'rejected');
      expect(refused.map(({ reason }) => (reason as { code: string }).code)).toEqual(['40P01']);
      const [first, second] = await generations(one.rows);
      expect(first).toBe(second);
    });
  });

  describe('the checkpoint', () => {
    it('is had by one who folds at a time, and the next one sees what the first has committed', async () => {
      const first = await held(
        (work) => one.inTransaction(async (tx) => (await tx.lockCheckpoint(FOLD), work(tx))),
        (tx) => tx.change(FoldCheckpoint, { name: FOLD }, { position: 7 }),
      );
      const second = two.inTransaction((tx) => tx.lockCheckpoint(FOLD));
      expect(await isDone(second)).toBe(false);
      await first.end();
      expect(await second).toMatchObject({ position: 7, rebuild: null });
    });

    it('is none where there is none, and no table where that is gone', async () => {
      expect(await one.inTransaction((tx) => tx.lockCheckpoint('another'))).toBeUndefined();
      await server.dropSchema('spec_1');
      await expect(one.inTransaction((tx) => tx.lockCheckpoint(FOLD))).rejects.toMatchObject({ code: '42P01' });
      expect(await one.wrongTables()).toEqual(expect.arrayContaining(['"seen"', '"fold_checkpoint"', '"set_aside"']));
    });

    it('says that rows are wrong which another hand has changed, and the fold has not', async () => {
      await one.inTransaction(async (tx) => {
        await tx.lockCheckpoint(FOLD);
        await tx.add(Seen, [seen(1)]);
      });
      expect(await found(one)).toMatchObject({ rebuild: null });
      await server.byOtherHand('spec_1', (rows) => rows.remove(Seen, { position: 99 }));
      expect(await found(one)).toMatchObject({ rebuild: 'wrong' });
    });

    it('of other versions is seen, unless they are to be made anew', async () => {
      const newer = await server.open([Seen], 2);
      expect(await newer.checkpointsOfOthers(FOLD)).toMatchObject([{ position: 3, event_id: 'e', alarm: null }]);
      expect(await newer.checkpointsOfOthers('another')).toEqual([]);
      expect(await one.checkpointsOfOthers(FOLD)).toEqual([]);
      await one.rows.change(FoldCheckpoint, { name: FOLD }, { rebuild: 'asked' });
      expect(await newer.checkpointsOfOthers(FOLD)).toEqual([]);
    });
  });

  describe('the lease', () => {
    const LEASE_MS = 60_000;
    const take = (database: FoldDatabase, holder: string) => database.leases.take(holder, LEASE_MS, 2 * LEASE_MS);

    it('is nobody’s at first, and then one’s at a time', async () => {
      expect(await one.leases.look()).toBeUndefined();
      expect(await take(one, 'a')).toBe(1);
      expect(await take(two, 'b')).toBeUndefined();
      expect(await take(one, 'a')).toBe(2);
      const state = await two.leases.look();
      expect(state?.holder).toBe('a');
      expect(state?.over_s).toBeLessThan(0);
    });

    it('is renewed in its term only', async () => {
      await take(one, 'a');
      expect(await one.leases.renew({ holder: 'a', term: 1 }, LEASE_MS)).toBe(true);
      expect(await one.leases.renew({ holder: 'a', term: 2 }, LEASE_MS)).toBe(false);
      expect(await one.leases.renew({ holder: 'b', term: 1 }, LEASE_MS)).toBe(false);
    });

    it('is the next one’s when it is given up, has run out, or ends later than one may', async () => {
      await take(one, 'a');
      await one.leases.give({ holder: 'a', term: 1 });
      expect(await two.leases.look()).toMatchObject({ holder: '' });
      expect(await take(two, 'b')).toBe(2);
      await server.leaseEnds('spec_1', -1_000);
      expect(await take(one, 'a')).toBe(3);
      await server.leaseEnds('spec_1', 3 * LEASE_MS);
      expect(await take(two, 'b')).toBe(4);
      expect(await one.leases.renew({ holder: 'a', term: 3 }, LEASE_MS)).toBe(false);
    });

    it('is of one version, which has a leader of its own', async () => {
      await take(one, 'a');
      expect(await take(await server.open([Seen], 2), 'b')).toBe(1);
    });

    it('is not taken while a transaction that has looked at it goes on', async () => {
      await take(one, 'a');
      const fenced = await held(
        (work) =>
          one.inTransaction(async (tx) => {
            expect(await tx.holdsLease({ holder: 'a', term: 1 })).toBe(true);
            expect(await tx.holdsLease({ holder: 'a', term: 2 })).toBe(false);
            await work(tx);
          }),
        free,
      );
      const taken = take(two, 'a');
      expect(await isDone(taken)).toBe(false);
      await fenced.end();
      expect(await taken).toBe(2);
      expect(await one.inTransaction((tx) => tx.holdsLease({ holder: 'a', term: 1 }))).toBe(false);
    });
  });

  describe('who reads as of one moment', () => {
    it('sees what was there then, in every table', async () => {
      await one.inTransaction((tx) => tx.add(Seen, [seen(1)]));
      await two.asOfOneMoment(async (rows) => {
        expect(await positions(rows)).toEqual([1]);
        await one.inTransaction(async (tx) => {
          await tx.remove(Seen, { position: 1 });
          await tx.add(Seen, [seen(2)]);
          await tx.change(FoldCheckpoint, { name: FOLD }, { position: 9 });
        });
        expect(await positions(rows)).toEqual([1]);
        expect(await rows.get(Seen, [{ position: 2 }])).toEqual([]);
        expect(await rows.exists(FoldCheckpoint, { position: 9 })).toBe(false);
      });
      expect(await positions(two.rows)).toEqual([2]);
    });

    it('is waited for by rows that would come in the place of these', async () => {
      const next = await built();
      expect(await one.isUnread()).toBe(true);
      const reading = await held((work) => two.asOfOneMoment(work), positions);
      expect(await next.isUnread()).toBe(false);
      expect(await next.takePlace(free, 3, 'x')).toBe(false);
      expect(await positions(one.rows)).toEqual([]);
      await reading.end();
      expect(await next.takePlace(free, 3, 'x')).toBe(true);
      expect(await positions(one.rows)).toEqual([1, 2]);
    });
  });

  /** Rows that are built beside, with a checkpoint. */
  async function built(change: Partial<FoldCheckpoint> = {}): Promise<FoldDatabase> {
    const next = one.next();
    await next.open();
    await next.createRows();
    await next.inTransaction(async (tx) => {
      await tx.add(FoldCheckpoint, [checkpoint({ position: 2, generation: 'new', ...change })]);
      await tx.lockCheckpoint(FOLD);
      await tx.add(Seen, [seen(1), seen(2)]);
    });
    return next;
  }

  describe('rows that are built beside those that are read', () => {
    it('are others, until they take their place; the position does not go back', async () => {
      const next = await built();
      expect([next.sees, await positions(next.rows), await positions(one.rows)]).toEqual(['spec_1_next', [1, 2], []]);
      expect(await next.takePlace(free, 5, 'ab12')).toBe(true);
      expect(await positions(two.rows)).toEqual([1, 2]);
      expect(await found(two)).toMatchObject({ generation: 'new', position: 5, event_id: null, rebuild: null });
      expect(await server.schemas()).toEqual(['spec', 'spec_1', 'spec_1_left_ab12']);
      await one.dropLeft();
      expect(await server.schemas()).toEqual(['spec', 'spec_1']);
      await next.close();
    });

    it('keep their marks where they are as far', async () => {
      const next = await built({ position: 6 });
      await next.takePlace(free, 5, 'x');
      expect(await found(two)).toMatchObject({ position: 6, event_id: 'e' });
      await next.close();
    });

    it('do not take it when they are not wanted any more, nor for who leads no more', async () => {
      const next = await built({ rebuild: 'wrong' });
      await expect(next.takePlace(free, 5, 'x')).rejects.toThrow(RowsGone);
      await next.rows.change(FoldCheckpoint, { name: FOLD }, { rebuild: null });
      const deposed = next.takePlace(() => Promise.reject(new Error('deposed')), 5, 'x');
      await expect(deposed).rejects.toThrow('deposed');
      expect(await server.schemas()).toEqual(['spec', 'spec_1', 'spec_1_next']);
      await next.close();
    });

    it('come also where there is nothing in whose place they would', async () => {
      const next = await built();
      await server.dropSchema('spec_1');
      expect(await next.takePlace(free, 0, 'x')).toBe(true);
      expect(await positions(one.rows)).toEqual([1, 2]);
      await next.close();
    });

    it('are made in the place of what is there', async () => {
      const next = await built();
      await next.createRows();
      expect([await positions(next.rows), await next.wrongTables()]).toEqual([[], []]);
      await next.close();
    });
  });

  it('drops the rows of versions that nobody has led for a day', async () => {
    const newer = await server.open([Seen], 2);
    await newer.createRows();
    await one.leases.take('a', 1_000, 2_000);
    await newer.leases.take('b', 1_000, 2_000);
    await server.leaseEnds('spec_1', -DAY_MS + 60_000);
    await newer.dropUnused();
    expect(await server.schemas()).toEqual(['spec', 'spec_1', 'spec_2']);
    await server.leaseEnds('spec_1', -DAY_MS - 60_000);
    await server.leaseEnds('spec_2', -DAY_MS - 60_000);
    await newer.dropUnused();
    expect(await server.schemas()).toEqual(['spec', 'spec_2']);
    expect([await one.leases.look(), (await newer.leases.look())?.holder]).toEqual([undefined, 'b']);
  });

  it('can be written', async () => {
    expect(await one.isReadOnly()).toBe(false);
  });
});
