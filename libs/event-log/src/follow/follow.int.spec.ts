import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Manager } from '../connection/nats-client.js';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { systemMachine } from '@edgeflow/runtime';
import { startTestNats, type TestNats } from '../nats.fixture.js';
import {
  type BatchHandler,
  Displaced,
  type EventLog,
  type Follower,
  type FollowOptions,
  LogDiverged,
} from '../index.js';
import { directBatch } from '../read/direct-batch.js';
import { durableRestarts } from '../metrics.js';
import { streamOfDevice, reported, revoked } from '../events.fixture.js';

const DEVICES = 'ota.*.device.>';
let nats: TestNats;
let log: EventLog;
let followers: Follower[];
beforeEach(async () => {
  nats = await startTestNats();
  log = await nats.connect({ name: 'follow-spec' });
  followers = [];
});
afterEach(async () => {
  await Promise.all(followers.map((follower) => follower.stop()));
  await log.close();
  await nats.stop();
});

type Handler = (batch: readonly StoredEvent[], unread?: readonly UnreadEvent[]) => Promise<void>;
async function follow(handler: Handler, options: Partial<FollowOptions> = {}): Promise<Follower> {
  const follower = await log.follow({ durable: 'spec', filters: [DEVICES], from: 1, ...options }, taking(handler));
  followers.push(follower);
  return follower;
}

const taking =
  (handler: Handler): BatchHandler =>
  ({ events, unread }) =>
    handler(events, unread);

/** Writes events e{from}..e{to}, each to the stream of device d. */
async function write(from: number, to: number): Promise<void> {
  const stream = streamOfDevice('d');
  for (let n = from; n <= to; n += 500) {
    const events = [];
    for (let i = n; i <= Math.min(to, n + 499); i++) events.push(reported('d', `e${i}`));
    await log.append(events, { after: await log.lastPosition(stream) });
  }
}
const ids = (from: number, to: number): string[] => Array.from({ length: to - from + 1 }, (_, i) => `e${from + i}`);
const seen = (): { ids: string[]; handler: Handler } => {
  const list: string[] = [];
  return { ids: list, handler: (batch) => (list.push(...batch.map(({ id }) => id)), Promise.resolve()) };
};
const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** Handles until the event with this id comes, then waits for `release`. */
function gate(id: string, handler: Handler): { handler: Handler; entered: Promise<void>; release: () => void } {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  return {
    entered: entered.promise,
    release: released.resolve,
    handler: async (batch) => {
      if (batch.some((event) => event.id === id)) {
        entered.resolve();
        await released.promise;
      }
      await handler(batch);
    },
  };
}

/** What lies in OTA_ASIDE, by the API of NATS itself. */
async function setAside(manager: Manager): Promise<{ id: string; code: string; sequence: string }[]> {
  const { state } = await manager.streams.info('OTA_ASIDE');
  const found = [];
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = await manager.direct.getMessage('OTA_ASIDE', { seq });
    const header = message?.header;
    found.push({
      id: header?.get('ce-id') ?? '',
      code: header?.get('Aside-Code') ?? '',
      sequence: header?.get('Aside-Sequence') ?? '',
    });
  }
  return found;
}

async function withManager<T>(
  work: (manager: Manager, publish: (subject: string, body: string) => void) => Promise<T>,
): Promise<T> {
  const { nats: connection, manager } = await nats.client();
  try {
    return await work(manager, (subject, body) => connection.publish(subject, body));
  } finally {
    await connection.drain();
  }
}

describe('a follower', () => {
  it('gets every event in order, in batches, and then new ones as they come', async () => {
    await write(1, 1_200);
    const { ids: got, handler } = seen();
    const sizes: number[] = [];
    const follower = await follow((batch) => (sizes.push(batch.length), handler(batch)));
    await eventually(() => expect(got).toEqual(ids(1, 1_200)));
    expect(sizes.length).toBeLessThan(1_200);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
    await write(1_201, 1_201);
    await eventually(() => expect(got).toEqual(ids(1, 1_201)));
    await eventually(() => expect(follower.position).toBe(1_201));
    await eventually(async () => expect(await follower.lag()).toBe(0));
  });

  it('has events wait for company until somebody waits for one, or there are as many as it takes', async () => {
    const batches: string[][] = [];
    const handler: Handler = (batch) => Promise.resolve(void batches.push(batch.map(({ id }) => id)));
    const follower = await follow(handler, { company_ms: 600_000, batch: 3 });
    await write(1, 1);
    await write(2, 2);
    follower.hurry(2);
    await eventually(() => expect(batches).toEqual([['e1', 'e2']]));
    for (const n of [3, 4, 5, 6]) await write(n, n);
    await eventually(() => expect(batches.slice(1)).toEqual([['e3', 'e4', 'e5']]));
    // Before it has come, too.
    follower.hurry(7);
    await write(7, 7);
    await eventually(() => expect(batches.slice(2)).toEqual([['e6', 'e7']]));
    await eventually(async () => expect(await follower.lag()).toBe(0));
  });

  it('drops what waits for company when it is stopped: it comes to the next', async () => {
    const { ids: got, handler } = seen();
    const follower = await follow(handler, { company_ms: 600_000 });
    await write(1, 1);
    await follower.stop();
    expect(got).toEqual([]);
    await follow(handler);
    await eventually(() => expect(got).toEqual(['e1']));
  });

  it('begins where its checkpoint says, whatever the durable remembers', async () => {
    await write(1, 20);
    const first = seen();
    const before = await follow(first.handler);
    await eventually(() => expect(first.ids).toEqual(ids(1, 20)));
    await before.stop();
    const again = seen();
    await follow(again.handler, { from: 6 });
    await eventually(() => expect(again.ids).toEqual(ids(6, 20)));
    const { values } = await durableRestarts.get();
    expect(values.find(({ labels }) => labels.reason === 'ahead')?.value).toBe(1);
    const later = seen();
    await follow(later.handler, { durable: 'other', from: 15 });
    await eventually(() => expect(later.ids).toEqual(ids(15, 20)));
  });

  it('gets only what its filters name', async () => {
    await write(1, 3);
    const { ids: got, handler } = seen();
    await follow(handler, { filters: ['ota.*.*.*.DeviceRevoked', 'ota.*.firmware.>'] });
    await log.append([revoked('x', 'r1')], { after: 0 });
    await eventually(() => expect(got).toEqual(['r1']));
  });

  it('goes on after a crash of the server, in order and with nothing lost', async () => {
    await write(1, 2_000);
    const { ids: got, handler } = seen();
    const held = gate('e301', handler);
    await follow(held.handler, { batch: 100 });
    await held.entered;
    await nats.kill();
    await nats.restart();
    held.release();
    await eventually(() => expect(got).toEqual(ids(1, 2_000)));
    await eventually(() => write(2_001, 2_010));
    await eventually(() => expect(got).toEqual(ids(1, 2_010)));
  });

  it('makes its durable again when somebody deletes it', async () => {
    await write(1, 10);
    const { ids: got, handler } = seen();
    await follow(handler);
    await eventually(() => expect(got).toEqual(ids(1, 10)));
    await withManager((manager) => manager.consumers.delete('OTA', 'spec'));
    await write(11, 20);
    await eventually(() => expect(got).toEqual(ids(1, 20)));
  });

  it('finishes and acknowledges the running batch when it is stopped, and takes no other', async () => {
    await write(1, 20);
    const { ids: got, handler } = seen();
    const held = gate('e1', handler);
    const follower = await follow(held.handler, { batch: 5 });
    await held.entered;
    const stopped = follower.stop();
    held.release();
    await stopped;
    expect(got).toEqual(ids(1, 5));
    expect(follower.position).toBe(5);
    const durable = await withManager((manager) => manager.consumers.info('OTA', 'spec'));
    expect(durable.ack_floor.stream_seq).toBe(5);
    expect(await follower.ended).toBeUndefined();
  });
});

describe('a handler that fails', () => {
  it('gets the same batch again, for ever, when what it needs is away', async () => {
    await write(1, 10);
    const { ids: got, handler } = seen();
    let failures = 5;
    const batches: string[][] = [];
    await follow(
      async (batch) => {
        batches.push(batch.map(({ id }) => id));
        if (failures-- > 0) throw new Error('the database is away');
        await handler(batch);
      },
      { isTransient: () => true },
    );
    await eventually(() => expect(got).toEqual(ids(1, 10)));
    expect(batches.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => batches[0]));
    expect(await withManager(setAside)).toEqual([]);
  });

  it('loses only the event that fails three times, which is set aside', async () => {
    await write(1, 10);
    const { ids: got, handler } = seen();
    let tries = 0;
    await follow(async (batch) => {
      if (batch.some(({ id }) => id === 'e4')) {
        if (batch.length === 1 && batch[0]?.id === 'e4') tries++;
        throw new Error('cannot be\r\nhandled');
      }
      await handler(batch);
    });
    await eventually(() => expect(got).toEqual(ids(1, 10).filter((id) => id !== 'e4')));
    expect(tries).toBe(3);
    expect(await withManager(setAside)).toEqual([{ id: 'e4', code: 'handler-failed', sequence: '4' }]);
  });

  it('never sees what cannot be decoded: that is set aside, and the rest goes on', async () => {
    await write(1, 1);
    await withManager((_, publish) => Promise.resolve(publish('ota.acme.device.d.DeviceRevoked', 'no json')));
    await eventually(async () => expect((await log.state()).last).toBe(2));
    await write(3, 4);
    const { ids: got, handler } = seen();
    const follower = await follow(handler);
    await eventually(() => expect(got).toEqual(['e1', 'e3', 'e4']));
    expect(follower.position).toBe(4);
    const kept = await withManager((manager) => manager.direct.getMessage('OTA_ASIDE', { seq: 1 }));
    expect(new TextDecoder().decode(kept?.data)).toBe('no json');
    expect(kept?.subject).toBe('aside.acme.spec');
    expect(kept?.header.get('Aside-Code')).toBe('event-invalid');
    expect(kept?.header.get('Aside-Subject')).toBe('ota.acme.device.d.DeviceRevoked');
    expect(kept?.header.get('Aside-Sequence')).toBe('2');
  });

  it('keeps what one organization brings aside from another’s, and of each copy only its beginning', async () => {
    const large = JSON.stringify('x'.repeat(100_000));
    await withManager((_, publish) => {
      publish('ota.globex.device.d.DeviceRevoked', 'no json');
      for (let n = 0; n < 510; n++) publish('ota.acme.device.d.DeviceRevoked', large);
      publish('ota.n!.device.d.DeviceRevoked', 'no json');
      return Promise.resolve();
    });
    await eventually(async () => expect((await log.state()).last).toBe(512));
    const follower = await follow(seen().handler, { filters: ['ota.>'] });
    await eventually(() => expect(follower.position).toBe(512));
    await withManager(async (manager) => {
      const all = await directBatch(
        { manager, machine: systemMachine },
        { seq: 1, next_by_subj: 'aside.>', batch: 1_000 },
        'OTA_ASIDE',
      );
      const counts = Object.entries(Object.groupBy(all, ({ subject }) => subject)).map(([at, of]) => [at, of?.length]);
      expect(Object.fromEntries(counts)).toEqual({ 'aside.globex.spec': 1, 'aside.acme.spec': 500, 'aside._.spec': 1 });
      const copy = await manager.direct.getMessage('OTA_ASIDE', { last_by_subj: 'aside.acme.spec' });
      expect(copy?.data).toHaveLength(8_192);
      expect(copy?.header.get('Aside-Cut')).toBe(String(large.length));
    });
  });

  it('keeps an event until it can be set aside', async () => {
    await write(1, 3);
    await withManager((manager) => manager.streams.delete('OTA_ASIDE'));
    const { ids: got, handler } = seen();
    const refusals: string[] = [];
    const follower = await follow(
      async (batch) => {
        if (batch.some(({ id }) => id === 'e2')) {
          refusals.push('e2');
          throw new Error('spec');
        }
        await handler(batch);
      },
      { batch: 1 },
    );
    await eventually(() => expect(refusals).toHaveLength(3));
    expect(follower.position).toBe(1);
    const other = await nats.connect({ name: 'makes the stream' });
    await other.close();
    await eventually(() => expect(got).toEqual(['e1', 'e3']));
    expect((await withManager(setAside)).map(({ id }) => id)).toEqual(['e2']);
  });
});

describe('followers of one name', () => {
  it('are not two: the later one takes over and the earlier one ends', async () => {
    await write(1, 5);
    const early = seen();
    const late = seen();
    const first = await follow(early.handler);
    await eventually(() => expect(early.ids).toEqual(ids(1, 5)));
    await follow(late.handler, { from: 6 });
    expect(await first.ended).toBeInstanceOf(Displaced);
    await write(6, 8);
    await eventually(() => expect(late.ids).toEqual(ids(6, 8)));
    expect(early.ids).toEqual(ids(1, 5));
  });
});

describe('a log that is not the one', () => {
  it('is refused when it ends before the position', async () => {
    await write(1, 3);
    await expect(follow(() => Promise.resolve(), { from: 5 })).rejects.toThrow(LogDiverged);
    await expect(follow(() => Promise.resolve(), { from: 4 })).resolves.toBeDefined();
  });

  it('ends a follower when the stream is made anew under it', async () => {
    await write(1, 3);
    const { ids: got, handler } = seen();
    const follower = await follow(handler);
    await eventually(() => expect(got).toEqual(ids(1, 3)));
    await withManager((manager) => manager.streams.delete('OTA'));
    await (await nats.connect({ name: 'makes the stream' })).close();
    expect(await follower.ended).toBeInstanceOf(LogDiverged);
  });
});
