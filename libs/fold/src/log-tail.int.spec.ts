import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventLog, JetStreamLog } from '@edgeflow/event-log';
import { systemMachine } from '@edgeflow/runtime';
import { startTestNats, startTestPostgres, type TestNats, type TestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { Fold } from './fold.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import { askForRebuild } from './rebuild.js';
import { foldReadiness } from './readiness.js';
import { Seen, definition, revoked, until } from './seen.fixture.js';

let postgres: TestPostgres;
let nats: TestNats;
let url: string;
let database: PostgresFoldDatabase;
const open: (() => Promise<unknown>)[] = [];

async function connected(): Promise<EventLog> {
  const log = await JetStreamLog.connect({ servers: nats.url, name: 'spec' });
  open.push(() => log.close());
  return log;
}

async function folding(log: EventLog): Promise<Fold> {
  const fold = new Fold(log, database, definition(), { machine: systemMachine });
  open.push(() => fold.stop());
  await fold.start();
  return fold;
}

async function append(log: EventLog, name: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await log.append([revoked(`${name}_${n}`)], { after: 0 });
}

const devices = async (): Promise<string[]> =>
  (await database.manager.find(Seen, { order: { position: 'ASC' } })).map((row) => row.device_id);
const names = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}_${n + 1}`);

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

beforeEach(async () => {
  nats = await startTestNats();
  url = await postgres.freshDatabase();
  database = await openDatabase(url, { schema: 'spec', entities: [Seen] });
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  await database.destroy();
  await nats.stop();
});

/** Rows of a log that has then lost its last three of eight events. @returns a fold that runs, or is started afterwards */
async function tailCut(when: 'while it runs' | 'while it is down'): Promise<Fold> {
  const writer = await connected();
  await append(writer, 'kept', 5);
  const comeBack = await nats.keepData();
  await append(writer, 'lost', 3);
  const log = await connected();
  const fold = await folding(log);
  await fold.waitFor(8, 30_000);
  if (when === 'while it is down') await fold.stop();
  await comeBack();
  return when === 'while it is down' ? folding(await connected()) : fold;
}

describe('a log that has lost its tail', () => {
  it.each(['while it runs', 'while it is down'] as const)(
    '%s stops the fold and every writer, until the rows are made anew',
    async (when) => {
      const fold = await tailCut(when);
      await until(() => fold.alarm() !== undefined);
      expect(fold.alarm()).toBe('checkpoint-ahead');
      const another = await connected();
      await until(() => another.halted() !== undefined);
      await expect(append(another, 'new', 1)).rejects.toMatchObject({ code: 'log-diverged' });
      const [check] = foldReadiness({ database, fold, max_lag: 9 }).filter(({ name }) => name === 'fold');
      await expect(check?.check()).rejects.toThrow(/^checkpoint-ahead/);

      const [asked] = await askForRebuild({ url }, 'spec');
      expect(asked).toEqual({ fold: 'spec-fold', position: 8, alarm: 'checkpoint-ahead' });
      await until(() => fold.alarm() === undefined);
      await until(() => another.halted() === undefined);
      await append(another, 'new', 2);
      await fold.waitFor(7, 30_000);
      expect(await devices()).toEqual([...names('kept', 5), ...names('new', 2)]);
    },
  );

  it('is known again when as much has been written since, or more, before anybody folds', async () => {
    const writer = await connected();
    await append(writer, 'kept', 5);
    const comeBack = await nats.keepData();
    await append(writer, 'lost', 3);
    const first = await folding(await connected());
    await first.waitFor(8, 30_000);
    await first.stop();
    await comeBack();
    await append(await connected(), 'new', 6);
    const fold = await folding(await connected());
    await until(() => fold.alarm() !== undefined);
    expect(fold.alarm()).toBe('checkpoint-ahead');
    expect(await devices()).toEqual([...names('kept', 5), ...names('lost', 3)]);
  });

  it('is given up by a rebuild also where an alarm stands on rows that took the place of none yet, those before them being dropped', async () => {
    const writer = await connected();
    await append(writer, 'kept', 5);
    const comeBack = await nats.keepData();
    await append(writer, 'lost', 3);
    const first = await folding(await connected());
    await first.waitFor(8, 30_000);
    await first.stop();
    await database.query('ALTER SCHEMA spec_1 RENAME TO spec_1_next');
    await comeBack();
    const fold = await folding(await connected());
    await until(() => fold.alarm() !== undefined);

    const [asked] = await askForRebuild({ url }, 'spec');
    expect(asked).toEqual({ fold: 'spec-fold', position: 8, alarm: 'checkpoint-ahead' });
    await fold.waitFor(5, 30_000);
    expect(fold.alarm()).toBeUndefined();
    expect(await devices()).toEqual(names('kept', 5));
  });

  it.each([
    ['a little, where the log has something', 'position = 7'],
    ['beyond the end of the log', 'position = 700'],
  ])('is what a checkpoint that somebody has set ahead looks like: %s', async (_, change) => {
    const log = await connected();
    await append(log, 'one', 5);
    const fold = await folding(log);
    await fold.waitFor(5, 30_000);
    await fold.stop();
    await append(log, 'two', 5);
    await database.query(`UPDATE spec_1.fold_checkpoint SET ${change}`);
    const again = await folding(await connected());
    await until(() => again.alarm() !== undefined);
    expect(await devices()).toEqual(names('one', 5));
  });

  it('also when the checkpoint is set ahead under the leader', async () => {
    const log = await connected();
    const fold = await folding(log);
    await append(log, 'one', 5);
    await fold.waitFor(5, 30_000);
    await database.query('UPDATE spec_1.fold_checkpoint SET position = 6');
    await until(() => fold.alarm() !== undefined);
    expect(fold.alarm()).toBe('checkpoint-ahead');
  });
});
