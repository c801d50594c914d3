import type { EventLog, LogState } from '@edgeflow/event-log';
import { SeededEntropy, VirtualTime } from '@edgeflow/simulation';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FoldCheckpoint } from './checkpoint.js';
import { Checkpoints } from './checkpoints.js';
import { MemoryFoldDatabase } from './memory/memory-fold-database.js';
import { MemoryServer } from './memory/memory-server.js';

const AT = '2026-02-21T12:00:00.000Z';
const ROW: FoldCheckpoint = {
  ...{ name: 'spec-fold', generation: 'g', stream_created: AT, position: 8, event_id: 'evt_8' },
  ...{ lasting_position: 8, lasting_id: 'evt_8', alarm: null, rebuild: null },
};
const held = (change: Partial<LogState> = {}): LogState => ({
  ...{ first: 1, last: 9, last_at: AT, created: AT, messages: 9, bytes: 900, max_bytes: Infinity },
  ...change,
});

let checkpoints: Checkpoints;
/** What the log holds, and what stands where; how often it was asked that. */
let now: LogState;
let ids: Record<number, string>;
let asked: number;
const log = {
  state: () => Promise.resolve(now),
  markAt: (position: number) => {
    asked += 1;
    return Promise.resolve(ids[position]);
  },
} as unknown as EventLog;

beforeEach(async () => {
  const clock = new VirtualTime().clock();
  const entropy = new SeededEntropy(1);
  const database = new MemoryFoldDatabase(new MemoryServer({ clock }), {
    ...{ name: 'spec', clock, faults: {}, schema: 'spec', entities: [] },
  });
  await database.open();
  await database.createRows();
  checkpoints = new Checkpoints(database, 'spec-fold', { clock, entropy });
  now = held();
  ids = { 8: 'evt_8' };
  asked = 0;
});

describe('rows that were compared with their log', () => {
  it('are not again while neither has changed', async () => {
    for (let beat = 0; beat < 3; beat++) expect(await checkpoints.compare(log, ROW, held())).toBeUndefined();
    expect(asked).toBe(1);
  });

  it.each([
    ['has grown again, by as much', { last_at: '2026-02-21T12:00:00.001Z' }],
    ['holds less', { messages: 8, bytes: 800 }],
  ])('are once the log %s', async (_, change) => {
    await checkpoints.compare(log, ROW, held());
    ids = { 8: 'another' };
    expect(await checkpoints.compare(log, ROW, held(change))).toBe('checkpoint-ahead');
  });

  it('are once they have moved on', async () => {
    await checkpoints.compare(log, ROW, held());
    ids = { 9: 'another' };
    const further = { ...ROW, position: 9, event_id: 'evt_9', lasting_position: 9, lasting_id: 'evt_9' };
    expect(await checkpoints.compare(log, further, held())).toBe('checkpoint-ahead');
  });

  it('are where the log was asked before they were as far, which it is again when it has lost the rest', async () => {
    const before = held({ last: 7 });
    expect(await checkpoints.compare(log, ROW, before)).toBeUndefined();
    now = before;
    expect(await checkpoints.compare(log, ROW, before)).toBe('checkpoint-ahead');
  });
});
