import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDatabaseDown, outOfRoom } from '../database-errors.js';
import { Seen } from '../seen.fixture.js';
import { MemoryError } from './memory-error.js';
import { ConnectionLost, type MemoryClock, type MemoryFaults } from './memory-faults.js';
import { MemoryFoldDatabase } from './memory-fold-database.js';
import { MemoryServer } from './memory-server.js';

/** A clock that goes as it is told. */
class SetClock implements MemoryClock {
  private at = Date.parse('2026-02-21T12:00:00.000Z');
  private waits: { at: number; work: () => void }[] = [];

  now(): Date {
    return new Date(this.at);
  }

  after(ms: number, work: () => void): () => void {
    const wait = { at: this.at + ms, work };
    this.waits.push(wait);
    return () => void (this.waits = this.waits.filter((one) => one !== wait));
  }

  /** How many are waited for. */
  get pending(): number {
    return this.waits.length;
  }

  async passes(ms: number): Promise<void> {
    this.at += ms;
    const due = this.waits.filter(({ at }) => at <= this.at);
    this.waits = this.waits.filter(({ at }) => at > this.at);
    for (const { work } of due) work();
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let clock: SetClock;
let server: MemoryServer;
let faults: MemoryFaults;
let one: MemoryFoldDatabase;
let two: MemoryFoldDatabase;

function client(name: string, of: MemoryFaults): MemoryFoldDatabase {
  return new MemoryFoldDatabase(server, { name, clock, faults: of, schema: 'spec', entities: [Seen] });
}

const seen = { position: 1, device_id: 'd' };
const count = (): Promise<number> => two.rows.count(Seen, {});

beforeEach(async () => {
  clock = new SetClock();
  server = new MemoryServer({ clock });
  faults = {};
  one = client('one', {
    before: (statement) => faults.before?.(statement),
    after: (statement) => faults.after?.(statement),
  });
  two = client('two', {});
  await one.open();
  await one.createRows();
});
afterEach(async () => {
  await clock.passes(100_000);
  expect(clock.pending).toBe(0);
});

describe('a way to the server that fails', () => {
  it('keeps nobody waiting for statements that were under way when it broke', async () => {
    faults.after = ({ kind }) => (kind === 'BEGIN' ? undefined : Promise.reject(new ConnectionLost()));
    const rows = [1, 2, 3].map((position) => ({ position, device_id: `d${position}` }));
    const lost = one.inTransaction((tx) => Promise.all(rows.map((row) => tx.put(Seen, [row]))));
    await expect(lost).rejects.toThrow(ConnectionLost);
    faults.after = () => undefined;
    await two.createRows();
    expect(await count()).toBe(0);
  });

  it('loses what was not committed', async () => {
    faults = { before: ({ kind }) => (kind === 'COMMIT' ? Promise.reject(new ConnectionLost()) : undefined) };
    const lost = one.inTransaction((tx) => tx.add(Seen, [seen]));
    await expect(lost).rejects.toSatisfy(isDatabaseDown);
    expect(await count()).toBe(0);
  });

  it('loses the answer, and what was committed is there', async () => {
    faults = { after: ({ kind }) => (kind === 'COMMIT' ? Promise.reject(new ConnectionLost()) : undefined) };
    const lost = one.inTransaction((tx) => tx.add(Seen, [seen]));
    await expect(lost).rejects.toSatisfy(isDatabaseDown);
    expect(await count()).toBe(1);
  });

  it('is given up when a statement is not answered, and then the next one waits no more', async () => {
    faults = { before: ({ kind }) => (kind === 'add' ? new Promise(() => undefined) : undefined) };
    const hangs = one.rows.add(Seen, [seen]);
    hangs.catch(() => undefined);
    await settled();
    await clock.passes(9_999);
    await clock.passes(1);
    await expect(hangs).rejects.toThrow('PostgreSQL has not answered for 10 s');
    await expect(hangs).rejects.toSatisfy(isDatabaseDown);
    expect(await count()).toBe(0);
  });

  it('has no room, and says so', async () => {
    const full = new MemoryError('53100', 'could not extend file: No space left on device');
    faults = { before: ({ writes }) => (writes ? Promise.reject(full) : undefined) };
    const refused = one.inTransaction((tx) => tx.add(Seen, [seen]));
    await expect(refused).rejects.toSatisfy((error) => isDatabaseDown(error) && outOfRoom(error) !== undefined);
    expect(await one.rows.count(Seen, {})).toBe(0);
  });

  it('is read-only', async () => {
    server.isReadOnly = true;
    await expect(one.rows.add(Seen, [seen])).rejects.toMatchObject({ code: '25006' });
    expect([await one.isReadOnly(), await count()]).toEqual([true, 0]);
  });
});

describe('a process that is gone', () => {
  it('hears nothing of what becomes of its statements: neither that they are done, nor that they are not', async () => {
    let heard = 0;
    const hears = (): void => void (heard += 1);
    const passes = Promise.withResolvers<void>();
    faults.before = () => passes.promise;
    void one.rows.count(Seen, {}).then(hears, hears);
    void one.inTransaction((tx) => tx.add(Seen, [seen])).then(hears, hears);
    one.die(true);
    passes.reject(new ConnectionLost());
    await settled();
    expect(heard).toBe(0);
  });
});

describe('a process that stands still in a transaction', () => {
  const LEASE = ['a', 6_000, 12_000] as const;

  /** It has written, and looked at its lease. */
  async function standing(): Promise<void> {
    await one.leases.take(...LEASE);
    void one.inTransaction(async (tx) => {
      await tx.add(Seen, [seen]);
      await tx.holdsLease({ holder: 'a', term: 1 });
      await new Promise(() => undefined);
    });
    await settled();
  }

  it('keeps the lease from others until the server gives its transaction up', async () => {
    await standing();
    one.die(false);
    await clock.passes(6_001);
    let term: number | undefined;
    void two.leases.take('b', 6_000, 12_000).then((taken) => (term = taken));
    await settled();
    expect(term).toBeUndefined();
    await clock.passes(1_999);
    expect(term).toBe(2);
    expect(await count()).toBe(0);
  });

  it('keeps it no longer where the server hears of its end', async () => {
    await standing();
    one.die(true);
    await clock.passes(6_001);
    expect(await two.leases.take('b', 6_000, 12_000)).toBe(2);
    expect(await count()).toBe(0);
  });

  it('loses the transaction when it goes on too late', async () => {
    const goOn = Promise.withResolvers<void>();
    const late = one.inTransaction(async (tx) => {
      await tx.add(Seen, [seen]);
      await goOn.promise;
    });
    late.catch(() => undefined);
    await settled();
    await clock.passes(8_000);
    goOn.resolve();
    await expect(late).rejects.toMatchObject({ code: '25P03' });
    expect(await count()).toBe(0);
  });
});

it('names a query of which nobody has said what it is in memory', async () => {
  const query = { name: 'nobody knows', sql: 'SELECT 1', bind: () => [] };
  await expect(one.rows.select(query, {})).rejects.toThrow('nobody knows has no model in memory');
});
