import { systemClock, type Clock } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { MemoryStore, noStoreFaults, type StoreFaults, type StoreRequest } from './memory.js';

const BUCKET = 'images';
const body = Buffer.alloc(100, 7);
const unavailable = { code: 'storage-unavailable' };

async function* pieces(bytes = body): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 10) yield bytes.subarray(at, at + 10);
}

/** A store whose faults a spec changes as it goes, and two programs that use it. */
async function world(clock: Clock = systemClock) {
  const faults: StoreFaults = { ...noStoreFaults };
  const asked: StoreRequest[] = [];
  const store = new MemoryStore({
    clock,
    page: 2,
    faults: {
      arrives: (request) => {
        asked.push(request);
        return faults.arrives(request);
      },
      answered: (request) => faults.answered(request),
      piece: (request, offset) => faults.piece(request, offset),
    },
  });
  const client = (by: string) => store.client({ by, bucket: BUCKET, clock, part_bytes: 40 });
  const [registry, gateway] = [client('registry'), client('gateway')];
  await registry.ensureBucket();
  const read = async (key: string) => Buffer.concat(await Array.fromAsync(await gateway.read(key)));
  return { store, faults, asked, registry, gateway, read };
}

/** A clock that stands still until it is told; what is to come then comes in its order. */
function handClock(): Clock & { pass(ms: number): void } {
  let now = Date.parse('2026-03-01T12:00:00Z');
  const timers = new Map<object, { at: number; work: () => void }>();
  const after: Clock['after'] = (ms, work) => {
    const timer = {};
    timers.set(timer, { at: now + ms, work });
    return () => void timers.delete(timer);
  };
  return {
    now: () => new Date(now),
    steady_ms: () => now,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve) => {
        after(ms, resolve);
        signal?.addEventListener('abort', () => resolve());
      }),
    after,
    every: () => () => undefined,
    pass: (ms) => {
      now += ms;
      for (const [timer, { at, work }] of timers) if (at <= now && timers.delete(timer)) work();
    },
  };
}

const settled = () => new Promise<void>((resolve) => void setTimeout(resolve, 5));

describe('a store in memory that is in trouble', () => {
  it('is told as unavailable after some tries, by everything that asks it', async () => {
    const { faults, registry, asked } = await world();
    faults.arrives = () => Promise.resolve('unavailable');
    asked.length = 0;
    await expect(registry.head('a')).rejects.toMatchObject(unavailable);
    expect(asked.map(({ by, what }) => `${by} ${what}`)).toEqual(Array(4).fill('registry head'));
    await expect(registry.put('a', pieces())).rejects.toMatchObject(unavailable);
    await expect(registry.read('a')).rejects.toMatchObject(unavailable);
    await expect(registry.ready()).rejects.toMatchObject(unavailable);
    await expect(Array.fromAsync(registry.list(''))).rejects.toMatchObject(unavailable);
  });

  it('has stored what it could not answer', async () => {
    const { faults, registry, read } = await world();
    faults.answered = ({ what }) => Promise.resolve(what === 'put' ? 'lost' : undefined);
    await expect(registry.put('a', pieces(body.subarray(0, 20)))).rejects.toMatchObject(unavailable);
    expect(await read('a')).toHaveLength(20);
  });

  it('says again that an upload is completed whose completion it could not answer', async () => {
    const { faults, registry, read, asked } = await world();
    let left = 1;
    faults.answered = ({ what }) => Promise.resolve(what === 'complete-upload' && left-- > 0 ? 'lost' : undefined);
    await registry.put('a', pieces());
    expect((await read('a')).equals(body)).toBe(true);
    expect(asked.filter(({ what }) => what === 'complete-upload')).toHaveLength(2);
  });

  it('keeps the parts of an upload that it would not complete, nor let be aborted', async () => {
    const { faults, registry, gateway } = await world();
    faults.arrives = ({ what }) =>
      Promise.resolve(['complete-upload', 'abort-upload'].includes(what) ? 'unavailable' : undefined);
    await expect(registry.put('a', pieces())).rejects.toMatchObject(unavailable);
    expect(await gateway.head('a')).toBeUndefined();
    expect(await Array.fromAsync(gateway.openUploads(''))).toMatchObject([{ key: 'a' }]);
  });

  it('is not ready once it had no room, until it has', async () => {
    const { faults, registry, gateway } = await world();
    faults.arrives = () => Promise.resolve('full');
    const noRoom = { ...unavailable, detail: 'The object store has no room' };
    await expect(registry.put('a', pieces())).rejects.toMatchObject(noRoom);
    await expect(registry.ready()).rejects.toMatchObject(noRoom);
    await gateway.ready();
    faults.arrives = noStoreFaults.arrives;
    await registry.ready();
    expect(await Array.fromAsync(gateway.list(''))).toEqual([]);
  });

  it('is given up when it hangs, a small question by its time, an upload once nothing is answered', async () => {
    const clock = handClock();
    const { faults, registry } = await world(clock);
    faults.arrives = () => new Promise(() => undefined);
    const outcomes = [registry.head('a'), registry.put('a', pieces())].map((asked) =>
      asked.catch((error: unknown) => error),
    );
    for (let s = 0; s < 20; s += 1) {
      clock.pass(1_000);
      await settled();
    }
    expect(await Promise.all(outcomes)).toMatchObject([unavailable, unavailable]);
  });
});

describe('an object of a store in memory', () => {
  it('may be lost, or rot: what the store attests of it stays', async () => {
    const { store, registry, gateway, read } = await world();
    await registry.put('a', pieces(body.subarray(0, 40)));
    const before = await gateway.head('a');
    expect(before?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(store.rot(BUCKET, 'a', 3)).toBe(true);
    expect(store.rot(BUCKET, 'a', 40)).toBe(false);
    expect((await read('a')).equals(body.subarray(0, 40))).toBe(false);
    expect(await gateway.head('a')).toEqual(before);
    store.lose(BUCKET, 'a');
    expect(await gateway.head('a')).toBeUndefined();
  });

  it('of parts is not attested by a store that attests single requests', async () => {
    const { registry, gateway } = await world();
    await registry.put('a', pieces());
    expect(await gateway.head('a')).toEqual({ size: 100, metadata: {} });
  });

  it('may be stored altered, or be handed out so', async () => {
    const { faults, registry, read } = await world();
    faults.arrives = ({ what }) => Promise.resolve(what === 'put-part' ? 'altered' : undefined);
    await registry.put('a', pieces());
    expect((await read('a')).equals(body)).toBe(false);
    faults.arrives = noStoreFaults.arrives;
    await registry.put('a', pieces());
    faults.piece = () => Promise.resolve('altered');
    expect((await read('a')).equals(body)).toBe(false);
    faults.piece = () => Promise.resolve('cut');
    await expect(read('a')).rejects.toMatchObject(unavailable);
    faults.piece = noStoreFaults.piece;
    expect((await read('a')).equals(body)).toBe(true);
  });
});

describe('a listing of a store in memory', () => {
  it('comes in pages, between which others may write', async () => {
    const { registry, gateway, asked } = await world();
    for (const key of ['a', 'b', 'c']) await registry.put(key, pieces());
    const found: string[] = [];
    for await (const { key } of gateway.list('')) {
      if (key === 'a') await registry.remove('c');
      if (key === 'b') await registry.put('d', pieces());
      found.push(key);
    }
    expect(found).toEqual(['a', 'b', 'd']);
    expect(asked.filter(({ what }) => what === 'list')).toHaveLength(2);
  });
});

describe('a download from a store in memory', () => {
  const signal = new AbortController().signal;

  it('is judged by the time at which it arrives, by the clock of the store', async () => {
    const clock = handClock();
    const { store, faults, registry } = await world(clock);
    await registry.put('a', pieces());
    const { url } = await registry.presignGet('a', 60, clock.now());
    const ask = { by: 'device', url: new URL(url), signal };
    expect((await store.download(ask)).statusCode).toBe(200);
    const [way, here] = [Promise.withResolvers<undefined>(), Promise.withResolvers<void>()];
    faults.arrives = () => {
      here.resolve();
      return way.promise;
    };
    const late = store.download(ask);
    await here.promise;
    clock.pass(61_000);
    way.resolve(undefined);
    expect((await late).statusCode).toBe(403);
  });

  it('breaks off where a piece is cut, ends with its signal, and is 503 of a store that is too busy', async () => {
    const { store, faults, registry } = await world();
    await registry.put('a', pieces());
    const url = new URL((await registry.presignGet('a', 60, new Date())).url);
    faults.piece = () => Promise.resolve('cut');
    const cut = await store.download({ by: 'device', url, signal });
    await expect(Array.fromAsync(cut)).rejects.toMatchObject({ code: 'ECONNRESET' });
    faults.piece = () => new Promise(() => undefined);
    const stopping = new AbortController();
    const hung = Array.fromAsync(await store.download({ by: 'device', url, signal: stopping.signal }));
    stopping.abort(new Error('enough'));
    await expect(hung).rejects.toThrow('enough');
    faults.arrives = () => Promise.resolve('unavailable');
    expect((await store.download({ by: 'device', url, signal })).statusCode).toBe(503);
    faults.answered = () => Promise.resolve('lost');
    await expect(store.download({ by: 'device', url, signal })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
