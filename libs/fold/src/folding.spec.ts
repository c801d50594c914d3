import { beforeEach, describe, expect, it } from 'vitest';
import type { OtaEvent, StoredEvent } from '@edgeflow/contracts';
import type { EventLog } from '@edgeflow/event-log';
import { MemoryLog, MemoryLogServer } from '@edgeflow/event-log/memory';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { Fold } from './fold.js';
import { MemoryFoldDatabase } from './memory/memory-fold-database.js';
import { MemoryServer } from './memory/memory-server.js';
import { Seen, definition, revoked, see } from './seen.fixture.js';

let time: VirtualTime;
let entropy: SeededEntropy;
let server: MemoryLogServer;
let database: MemoryFoldDatabase;
let writer: EventLog;
let folder: EventLog;

const connect = (name: string): Promise<EventLog> =>
  time.until(MemoryLog.connect(server, { name, machine: time.machine(entropy) }));
const append = (device: string) => time.until(writer.append([revoked(device)], { after: 0 }));
const devices = async (): Promise<string[]> =>
  (await time.until(database.rows.range(Seen, {}))).map(({ device_id }) => device_id);

beforeEach(async () => {
  time = new VirtualTime();
  entropy = new SeededEntropy(1);
  const clock = time.clock();
  server = new MemoryLogServer({ clock });
  writer = await connect('writer');
  const rows = new MemoryServer({ clock, models: [] });
  database = new MemoryFoldDatabase(rows, {
    ...{ name: 'spec', clock, faults: {}, schema: 'spec', version: 1, entities: [Seen] },
  });
  await time.until(database.open());
});

/** A fold that has the first event, and whose database takes nothing more of it as long as `isDown` says so. */
async function folding(isDown: () => boolean): Promise<Fold> {
  const change = definition({
    apply: async (batch, tx) => {
      if (isDown()) throw Object.assign(new Error('spec'), { code: '57P03' });
      await see(tx, batch);
    },
  });
  folder = await connect('folder');
  const fold = new Fold(folder, database, change, { machine: time.machine(entropy) });
  await time.until(fold.start());
  return fold;
}

/** A fold that decides by its rows, whose log has come back without the last event in them. */
async function ahead(last: OtaEvent): Promise<Fold> {
  const fold = await folding(() => false);
  await append('kept');
  await time.until(writer.append([last], { after: 0 }));
  await time.become(() => fold.position === 2);
  expect(await time.until(fold.decides())).toBe(true);
  server.kill();
  server.start({ OTA: 1 });
  return fold;
}

describe('events that come one soon after the other', () => {
  it('are folded together, unless somebody waits for one', async () => {
    const batches: string[][] = [];
    folder = await connect('folder');
    const committed = (batch: readonly StoredEvent[]): void =>
      void batches.push(batch.map(({ entity_id }) => entity_id));
    const fold = new Fold(folder, database, definition({ committed }), { machine: time.machine(entropy) });
    await time.until(fold.start());
    await time.become(() => fold.leading());
    for (const device of ['one', 'two', 'three']) await append(device);
    await time.become(() => fold.position === 3);
    // The first is of the rows that were made at the beginning.
    expect(batches.slice(1)).toEqual([['one', 'two', 'three']]);
    await append('four');
    const asked = time.now_ms;
    await time.until(fold.waitFor(4, 1_000));
    expect(time.now_ms).toBe(asked);
    fold.hurry(5);
    await append('five');
    await time.become(() => fold.position === 5);
    expect(time.now_ms).toBe(asked);
  });
});

describe('rows that know more than the log that came back', () => {
  it('are decided by no more, from the first moment of the connection on', async () => {
    const fold = await ahead(revoked('lost'));
    await time.become(() => folder.epoch === 1);
    const decided: boolean[] = [];
    while (fold.alarm() === undefined) {
      decided.push(await time.until(fold.decides().catch(() => false)));
      await time.pass(10);
    }
    expect([decided.length > 0, decided.includes(true)]).toEqual([true, false]);
  });
});

describe('a log that has lost its end and has the same decision again in its place', () => {
  it('is another one: it was made at another time, which the rows may say', async () => {
    const decided = revoked('lost');
    const fold = await ahead(decided);
    await time.until(writer.append([{ ...decided, time: '2026-12-01T00:00:00.000Z' }], { after: 0 }));
    await time.become(() => fold.alarm() === 'checkpoint-ahead');
  });

  it('is the same one where the very event was sent again', async () => {
    const sent = revoked('sent');
    const fold = await ahead(sent);
    await time.until(writer.append([sent], { after: 0 }));
    await time.pass(60_000);
    await append('new');
    await time.become(() => fold.position === 3);
    expect(fold.alarm()).toBeUndefined();
  });
});

describe('a batch that the log loses while the database takes nothing', () => {
  it('is not folded once it does, and what the log has in its place is', async () => {
    let isDown = false;
    const fold = await folding(() => isDown);
    await append('kept');
    await time.become(() => fold.position === 1);
    isDown = true;
    await append('lost');
    await time.pass(2_000);
    server.kill();
    server.start({ OTA: 1 });
    await time.pass(5_000);
    await append('new_1');
    await append('new_2');
    isDown = false;
    await time.become(() => fold.position === 3);
    expect(await devices()).toEqual(['kept', 'new_1', 'new_2']);
    expect(fold.alarm()).toBeUndefined();
  });
});
