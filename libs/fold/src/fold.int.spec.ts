import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Refused } from '@edgeflow/contracts';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { metrics } from '@edgeflow/telemetry';
import {
  poisonFor,
  startTestNats,
  startTestPostgres,
  storeRaw,
  type TestNats,
  type TestPostgres,
} from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { Fold } from './fold.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import type { FoldDefinition } from './fold-definition.js';
import { foldReadiness } from './readiness.js';
import { areRowsWhole, askForRebuild, openDeadLettersOf } from './rebuild.js';
import { Seen, definition, revoked, see, until, upTo } from './seen.fixture.js';
import { DeadLetterRow } from './dead-letter.row.js';

let postgres: TestPostgres;
let nats: TestNats;
let log: EventLog;
let url: string;
const open: { stop(): Promise<void> }[] = [];

async function database(): Promise<PostgresFoldDatabase> {
  const source = await openDatabase(url, { schema: 'spec', entities: [Seen] });
  open.push({ stop: () => source.destroy() });
  return source;
}

async function folding(source: PostgresFoldDatabase, change?: Partial<FoldDefinition>): Promise<Fold> {
  const fold = new Fold(log, source, definition(change), { machine: systemMachine, batch: 7 });
  open.push(fold);
  await fold.start();
  return fold;
}

async function append(from: number, to: number): Promise<number> {
  let last = 0;
  for (let n = from; n <= to; n++) ({ last } = await log.append([revoked(`dev_${n}`)], { after: 0 }));
  return last;
}

const positions = async (source: PostgresFoldDatabase) =>
  (await source.manager.find(Seen, { order: { position: 'ASC' } })).map((row) => row.position);
const sqlError = (code: string, message: string): Error => Object.assign(new Error(message), { code });

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  nats = await startTestNats();
  url = await postgres.freshDatabase();
  log = await JetStreamLog.connect({ servers: nats.url, name: 'fold-spec' });
});
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.stop();
  await log.close();
  await nats.stop();
});

describe('a fold', () => {
  it('has every event once, in order, and the checkpoint with the rows', async () => {
    const source = await database();
    await append(1, 20);
    const fold = await folding(source);
    await fold.waitFor(20, 30_000);
    await append(21, 40);
    await fold.waitFor(40, 30_000);
    expect(await positions(source)).toEqual(upTo(40));
    expect(await fold.committed()).toBe(40);
  });

  it('goes on where it stopped', async () => {
    const source = await database();
    await append(1, 10);
    const first = await folding(source);
    await first.waitFor(10, 30_000);
    await first.stop();
    await append(11, 20);
    const second = await folding(source);
    await second.waitFor(20, 30_000);
    expect(await positions(source)).toEqual(upTo(20));
  });

  it('leaves nothing of a batch that failed halfway, and makes it good', async () => {
    const source = await database();
    let failures = 2;
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      await see(tx, batch);
      if (failures-- > 0) throw Object.assign(new Error('the backend went away'), { code: '57P01' });
    };
    await append(1, 5);
    const fold = await folding(source, { apply });
    await fold.waitFor(5, 30_000);
    expect(await positions(source)).toEqual(upTo(5));
  });

  it('sets an event aside that it cannot fold, and folds the rest', async () => {
    const source = await database();
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      if (batch.some((event) => event.entity_id === 'dev_4')) throw new TypeError('no such field');
      await see(tx, batch);
    };
    await append(1, 8);
    const fold = await folding(source, { apply });
    await fold.waitFor(8, 30_000);
    expect(await positions(source)).toEqual([1, 2, 3, 5, 6, 7, 8]);
    expect(await source.manager.find(DeadLetterRow)).toMatchObject([
      {
        ...{ position: 4, org: 'acme', entity: 'device', entity_id: 'dev_4', type: 'DeviceRevoked' },
        ...{ code: 'handler-failed', reason: 'TypeError: no such field', acknowledged_at: null },
      },
    ]);
  });

  it('folds what it had set aside in its place once it can, when the rows are made anew', async () => {
    const source = await database();
    let broken = true;
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      if (broken && batch.some((event) => event.entity_id === 'dev_3')) throw new TypeError('no such field');
      await see(tx, batch);
    };
    await append(1, 5);
    const fold = await folding(source, { apply });
    await fold.waitFor(5, 30_000);
    const [aside, ...others] = await openDeadLettersOf({ url }, 'spec');
    expect([aside, others]).toEqual([
      {
        ...{ position: 3, subject: 'ota.acme.device.dev_3.DeviceRevoked' },
        ...{ code: 'handler-failed', reason: 'TypeError: no such field' },
      },
      [],
    ]);

    broken = false;
    await askForRebuild({ url }, 'spec');
    expect(await areRowsWhole({ url }, 'spec')).toBe(false);
    await until(() => areRowsWhole({ url }, 'spec'));
    expect(await positions(source)).toEqual(upTo(5));
    expect(await openDeadLettersOf({ url }, 'spec')).toEqual([]);
  });

  it.each([
    ['a stack that overflows', () => new RangeError('Maximum call stack size exceeded')],
    ['a refusal that is none of an outage', () => new Refused('event-invalid')],
    ['words of a lost connection in what Postgres answers', () => sqlError('22P02', 'bad: "Connection terminated"')],
    ['a message that breaks the protocol', () => sqlError('08P01', 'invalid message format')],
    ['no error at all', () => undefined],
  ])('takes it for the fault of an event when it throws %s', async (_, thrown) => {
    const source = await database();
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      if (batch.some((event) => event.entity_id === 'dev_2')) throw thrown();
      await see(tx, batch);
    };
    await append(1, 3);
    const fold = await folding(source, { apply });
    await fold.waitFor(3, 30_000);
    expect(await positions(source)).toEqual([1, 3]);
  });

  it('passes over what it does not read, in the order of the log, and knows it with the rows', async () => {
    const source = await database();
    const told: string[] = [];
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      told.push(...batch.map(({ position }) => `event ${position}`));
      await see(tx, batch);
    };
    const passOver: FoldDefinition['passOver'] = (unread) => {
      told.push(...unread.map(({ position, unread: { why } }) => `${why} ${position}`));
      return Promise.resolve();
    };
    await append(1, 2);
    const [newer] = poisonFor({ org: 'acme', entity: 'device', entity_id: 'dev_9', type: 'DeviceRevoked' }, {});
    await storeRaw(nats.url, log, [newer!, { ...newer!, subject: 'ota.acme.device.dev_9.DeviceShadowReported' }]);
    await append(3, 3);
    const fold = await folding(source, { apply, passOver });
    await fold.waitFor(5, 30_000);
    expect(told).toEqual(['event 1', 'event 2', 'set-aside 3', 'event 5', 'unknown-type 4']);
    expect((await source.manager.find(DeadLetterRow)).map(({ position }) => position)).toEqual([3]);
    expect(await fold.lag()).toBe(0);
  });

  it('says which position it does not get past, and that there is more, and goes on when it can', async () => {
    const source = await database();
    let away = true;
    const apply: FoldDefinition['apply'] = async (batch, tx) => {
      if (away && batch.some((event) => event.entity_id === 'dev_3')) throw sqlError('57P03', 'starting up');
      await see(tx, batch);
    };
    await append(1, 2);
    const fold = await folding(source, { apply });
    await fold.waitFor(2, 30_000);
    await append(3, 5);
    const fold_check = foldReadiness({ database: source, fold, max_lag: 100 }).find(({ name }) => name === 'fold');
    await until(() => fold.stalled() !== undefined);
    await expect(fold_check?.check()).rejects.toThrow(/^position 3 has not been passed for \d+ s$/);
    expect(await fold.lag()).toBe(3);
    expect(await metrics.metrics()).toContain('edgeflow_follower_lag_events{durable="spec-fold-odd"} 3');
    away = false;
    await fold.waitFor(5, 30_000);
    await until(() => fold.stalled() === undefined);
    await expect(fold_check?.check()).resolves.toBeUndefined();
  });

  it('waits out a Postgres that goes away', async () => {
    const source = await database();
    await append(1, 3);
    const fold = await folding(source);
    await fold.waitFor(3, 30_000);
    await postgres.kill();
    await append(4, 6);
    await postgres.restart();
    await until(async () => (await fold.committed().catch(() => 0)) >= 6);
    expect(await positions(source)).toEqual(upTo(6));
  });

  it('comes back by replay when its schema is dropped under it', async () => {
    const source = await database();
    await append(1, 5);
    const fold = await folding(source);
    await fold.waitFor(5, 30_000);
    await source.query('DROP SCHEMA spec_1 CASCADE');
    await append(6, 8);
    await until(async () => (await positions(source).catch(() => [])).length === 8);
    expect(await positions(source)).toEqual(upTo(8));
  });

  it('goes back with a Postgres that lost its last commits', async () => {
    const source = await database();
    await append(1, 5);
    const fold = await folding(source);
    await fold.waitFor(5, 30_000);
    await source.query('DELETE FROM spec_1.seen WHERE position > 2');
    const id = await log.markAt(2);
    const marks = `position = 2, event_id = '${id}', lasting_position = 2, lasting_id = '${id}'`;
    await source.query(`UPDATE spec_1.fold_checkpoint SET ${marks}`);
    await append(6, 8);
    await until(async () => (await positions(source)).length === 8);
    expect(await positions(source)).toEqual(upTo(8));
  });

  it('refuses a position that does not come', async () => {
    const fold = await folding(await database());
    await expect(fold.waitFor(99, 50)).rejects.toMatchObject({ code: 'read-model-behind' });
  });
});

describe('a fold on a log that its rows do not come from', () => {
  async function folded(): Promise<PostgresFoldDatabase> {
    const source = await database();
    await append(1, 5);
    const fold = await folding(source);
    await fold.waitFor(5, 30_000);
    await fold.stop();
    return source;
  }

  it('refuses when the checkpoint is ahead of the stream', async () => {
    const source = await folded();
    await source.query(`UPDATE spec_1.fold_checkpoint SET position = 1000`);
    const fold = await folding(source);
    await until(() => fold.alarm() !== undefined);
    expect(fold.alarm()).toBe('checkpoint-ahead');
    await expect(append(6, 6)).rejects.toMatchObject({ code: 'log-diverged' });
    expect(await positions(source)).toEqual(upTo(5));
  });

  it('refuses when the stream is another one', async () => {
    const source = await folded();
    await source.query(`UPDATE spec_1.fold_checkpoint SET stream_created = '2020-01-01T00:00:00.000Z'`);
    const fold = await folding(source);
    await until(() => fold.alarm() !== undefined);
    expect(fold.alarm()).toBe('stream-recreated');
  });
});

describe('two replicas of a fold', () => {
  it('fold each event once, and the second takes over from the first', async () => {
    const [one, two] = [await database(), await database()];
    const first = await folding(one);
    await until(() => first.leading());
    const second = await folding(two);
    await append(1, 20);
    await second.waitFor(20, 30_000);
    expect(second.leading()).toBe(false);
    await first.stop();
    await append(21, 30);
    await second.waitFor(30, 30_000);
    expect(second.leading()).toBe(true);
    expect(await positions(one)).toEqual(upTo(30));
  });
});
