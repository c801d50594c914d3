import { systemMachine } from '@edgeflow/runtime';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { JetStreamLog, type EventLog } from '@edgeflow/event-log';
import { startTestNats, type TestNats } from '@edgeflow/testkit';
import { SERVERS, type AnyServer } from './both-servers.fixture.js';
import { FoldCheckpoint } from './checkpoint.js';
import { DeadLetterRow } from './dead-letter.row.js';
import type { FoldDatabase } from './fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { Fold } from './fold.js';
import { Seen, definition, revoked, see, until, upTo } from './seen.fixture.js';

describe.each(SERVERS)('a fold on %s', (_, start) => {
  let server: AnyServer;
  let nats: TestNats;
  let log: EventLog;
  const folds: Fold[] = [];

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    nats = await startTestNats();
    log = await JetStreamLog.connect({ servers: nats.url, name: 'fold-spec' });
    await server.empty();
  });
  afterEach(async () => {
    for (const fold of folds.splice(0)) await fold.stop();
    await log.close();
    await nats.stop();
  });

  async function folding(change?: Partial<FoldDefinition>): Promise<{ fold: Fold; database: FoldDatabase }> {
    const database = await server.open([Seen], change?.version);
    const fold = new Fold(log, database, definition(change), { machine: systemMachine, batch: 7 });
    folds.push(fold);
    await fold.start();
    return { fold, database };
  }

  async function append(from: number, to: number): Promise<void> {
    for (let n = from; n <= to; n++) await log.append([revoked(`dev_${n}`)], { after: 0 });
  }

  const positions = async ({ rows }: FoldDatabase): Promise<number[]> =>
    (await rows.range(Seen, {}, { order: { position: 'asc' } })).map(({ position }) => position);
  const holds = (database: FoldDatabase, n: number): Promise<void> =>
    until(async () => (await positions(database).catch(() => [])).length === n);

  it('has every event once, in order, and goes on where it stopped', async () => {
    await append(1, 20);
    const first = await folding();
    await first.fold.waitFor(20, 30_000);
    await first.fold.stop();
    await append(21, 30);
    const second = await folding();
    await second.fold.waitFor(30, 30_000);
    expect(await positions(second.database)).toEqual(upTo(30));
    expect(await second.fold.committed()).toBe(30);
  });

  it('sets an event aside that it cannot fold, and leaves nothing of a batch that failed halfway', async () => {
    await append(1, 8);
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      await see(tx, batch);
      if (batch.some((event) => event.entity_id === 'dev_4')) throw new TypeError('no such field');
    };
    const { fold, database } = await folding({ apply });
    await fold.waitFor(8, 30_000);
    expect(await positions(database)).toEqual([1, 2, 3, 5, 6, 7, 8]);
    expect(await database.rows.range(DeadLetterRow, {})).toMatchObject([{ position: 4, code: 'handler-failed' }]);
  });

  it('is done by one of two replicas, and then by the other', async () => {
    const one = await folding();
    await until(() => one.fold.leading());
    const two = await folding();
    await append(1, 5);
    await two.fold.waitFor(5, 30_000);
    expect(two.fold.leading()).toBe(false);
    await one.fold.stop();
    await append(6, 8);
    await two.fold.waitFor(8, 30_000);
    expect([two.fold.leading(), await positions(two.database)]).toEqual([true, upTo(8)]);
  });

  it('has its rows made anew beside those that are read, when somebody asks for it', async () => {
    await append(1, 5);
    const { fold, database } = await folding();
    await fold.waitFor(5, 30_000);
    const generation = async (): Promise<string | undefined> =>
      (await database.rows.get(FoldCheckpoint, [{ name: 'spec-fold' }]))[0]?.generation;
    const before = await generation();
    await database.rows.change(FoldCheckpoint, { name: 'spec-fold' }, { rebuild: 'asked' });
    await until(async () => (await generation()) !== before);
    await append(6, 7);
    await fold.waitFor(7, 30_000);
    expect(await positions(database)).toEqual(upTo(7));
    await until(async () => (await server.schemas()).length === 2);
  });

  it('comes back by replay when its schema is dropped, or another hand has changed the rows', async () => {
    await append(1, 5);
    const { fold, database } = await folding();
    await fold.waitFor(5, 30_000);
    await server.dropSchema('spec_1');
    await holds(database, 5);
    await server.byOtherHand('spec_1', (rows) => rows.remove(Seen, { position: 3 }));
    await append(6, 6);
    await holds(database, 6);
    expect(await positions(database)).toEqual(upTo(6));
  });

  it('refuses a log whose tail was lost', async () => {
    await append(1, 3);
    const { fold, database } = await folding();
    await fold.waitFor(3, 30_000);
    await fold.stop();
    await database.rows.change(FoldCheckpoint, { name: 'spec-fold' }, { position: 1_000 });
    const again = await folding();
    await until(() => again.fold.alarm() !== undefined);
    expect(again.fold.alarm()).toBe('checkpoint-ahead');
  });
});
