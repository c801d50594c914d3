import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from './object-store.js';

const MIB = 1024 * 1024;

/** What anybody gets for a presigned URL. */
export interface Got {
  status: number;
  bytes: Buffer;
  content_range: string | undefined;
}

/** An implementation that runs, empty. */
export interface StartedStore {
  /** Two programs' access to the same bucket, which is not made yet. */
  one: ObjectStore;
  other: ObjectStore;
  get(url: string, range?: string): Promise<Got>;
  stop(): Promise<void>;
}

type Subject = () => StartedStore;

/** What `ObjectStore` says, whoever implements it. @param start gives undefined, after a loud warning, where the server is not installed */
export function storeConforms(
  name: string,
  start: () => Promise<StartedStore | undefined>,
  excuses: Excuses = {},
): void {
  describe(`the object store on ${name}`, () => {
    let started: StartedStore | undefined;
    beforeAll(async () => {
      started = await start();
      await started?.one.ensureBucket();
    });
    afterAll(() => started?.stop());
    const subject: Subject = () => {
      if (!started) throw new Error('the server did not start');
      return started;
    };
    const check: Check = (what, test, { cannot } = {}) => {
      const excuse = cannot && excuses[cannot];
      it(excuse ? `${what} [not here: ${excuse}]` : what, async ({ skip }) => {
        skip(excuse !== undefined);
        skip(!started, `${name} is not installed here`);
        await test(subject());
      });
    };
    buckets(check);
    objects(check);
    failures(check);
    lists(check);
    uploads(check);
    presigned(check);
  });
}

/** What an implementation does differently from Amazon S3. Each reason stands in the name of the checks it concerns. */
export interface Excuses {
  early_urls?: string;
}

type Check = (what: string, test: (of: StartedStore) => Promise<void>, options?: { cannot?: keyof Excuses }) => void;

function buckets(check: Check): void {
  check('has a bucket that is made once, by whoever comes first, and is ready', async ({ one, other }) => {
    await Promise.all([one.ensureBucket(), other.ensureBucket()]);
    await Promise.all([one.ready(), other.ready()]);
  });
}

function objects(check: Check): void {
  check('gives an object back to whoever asks, with its metadata, and its hash if any', async ({ one, other }) => {
    const bytes = randomBytes(200_000);
    const metadata = { sha256: 'stated', 'release-notes': 'first' };
    await one.put('a/b.bin', pieces(bytes, 7_000), { metadata, content_type: 'application/x-firmware' });
    const { sha256 = hashOf(bytes), ...head } = (await other.head('a/b.bin')) ?? {};
    expect(head).toEqual({ size: 200_000, metadata });
    expect(sha256).toBe(hashOf(bytes));
    expect((await read(other, 'a/b.bin')).equals(bytes)).toBe(true);
  });
  check('takes objects that are empty, and of many parts', async ({ one }) => {
    await one.put('empty', pieces(Buffer.alloc(0)));
    expect([(await one.head('empty'))?.size, (await read(one, 'empty')).length]).toEqual([0, 0]);
    const bytes = randomBytes(11 * MIB);
    const metadata = { made: 'of parts' };
    await one.put('parts', pieces(bytes, MIB), { part_bytes: 5 * MIB, metadata });
    expect((await read(one, 'parts')).equals(bytes)).toBe(true);
    const { sha256 = hashOf(bytes), ...head } = (await one.head('parts')) ?? {};
    expect([sha256, head]).toEqual([hashOf(bytes), { size: 11 * MIB, metadata }]);
  });
  check('gives parts of an object, both ends included', async ({ one }) => {
    await one.put('range', pieces(Buffer.from('0123456789')));
    const parts = [{ start: 2, end: 4 }, { start: 7 }, { start: 8, end: 100 }];
    const got = [];
    for (const range of parts) got.push((await read(one, 'range', range)).toString());
    expect(got).toEqual(['234', '789', '89']);
    await expect(one.read('range', { start: 10 })).rejects.toMatchObject({ name: 'InvalidRange' });
  });
  check('replaces an object as a whole; who reads it has the old one to its end', async ({ one, other }) => {
    const old = randomBytes(MIB);
    await one.put('twice', pieces(old), { metadata: { first: 'yes' } });
    const reading = await other.read('twice');
    await one.put('twice', pieces(Buffer.from('second')));
    expect((await all(reading)).equals(old)).toBe(true);
    expect((await read(other, 'twice')).toString()).toBe('second');
    expect((await other.head('twice'))?.metadata).toEqual({});
  });
  check('takes names for names and not for paths', async ({ one }) => {
    const keys = ["n/ä ö+%&=#?'!()*;~$,@:.bin", 'n/../../b', './c', 'd//e', '%2e%2e/f'];
    for (const key of keys) await one.put(key, pieces(Buffer.from(key)));
    for (const key of keys) expect((await read(one, key)).toString()).toBe(key);
  });
  check('forgets what is removed; to remove it again is fine', async ({ one, other }) => {
    await one.put('gone', pieces(Buffer.from('x')));
    await one.remove('gone');
    await one.remove('gone');
    expect(await other.head('gone')).toBeUndefined();
    await expect(other.read('gone')).rejects.toMatchObject({ code: 'not-found' });
  });
}

function failures(check: Check): void {
  class Broken extends Error {}
  async function* broken(length: number): AsyncGenerator<Buffer> {
    yield* pieces(Buffer.alloc(length * MIB), MIB);
    throw new Broken('the sender went away');
  }
  for (const [where, length] of [
    ['in the first part', 3],
    ['in a later one', 12],
  ] as const) {
    check(`keeps nothing of a body that fails ${where}, and what was there before`, async ({ one }) => {
      const put = one.put('broken', broken(length), { part_bytes: 5 * MIB });
      await expect(put).rejects.toThrow(Broken);
      expect(await one.head('broken')).toBeUndefined();
      expect(await Array.fromAsync(one.openUploads('broken'))).toEqual([]);
      await one.put('kept', pieces(Buffer.from('before')));
      await expect(one.put('kept', broken(length), { part_bytes: 5 * MIB })).rejects.toThrow(Broken);
      expect((await read(one, 'kept')).toString()).toBe('before');
      expect(await Array.fromAsync(one.openUploads('kept'))).toEqual([]);
    });
  }
}

function lists(check: Check): void {
  check('lists objects by prefix, in the order of UTF-8, with sizes and times', async ({ one, other }) => {
    const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/\uffee', 'list/\u{1f600}'];
    for (const key of [...keys].reverse()) await one.put(key, pieces(Buffer.from(key)));
    const listed = await Array.fromAsync(other.list('list/'));
    expect(listed.map(({ key, size }) => [key, size])).toEqual(keys.map((key) => [key, Buffer.byteLength(key)]));
    expect(listed.every(({ modified_at }) => Math.abs(Date.now() - modified_at.getTime()) < 60_000)).toBe(true);
    expect((await Array.fromAsync(other.list('list/b/'))).map(({ key }) => key)).toEqual(['list/b/1', 'list/b/2']);
    expect(await Array.fromAsync(other.list('nothing/'))).toEqual([]);
  });
}

function uploads(check: Check): void {
  check('shows an upload that nobody ended until it is aborted, once or twice', async ({ one, other }) => {
    const [gate, under] = [Promise.withResolvers<never>(), Promise.withResolvers<void>()];
    async function* stuck(): AsyncGenerator<Buffer> {
      yield* pieces(Buffer.alloc(11 * MIB), MIB);
      under.resolve();
      await gate.promise;
    }
    const put = one.put('open/stuck', stuck(), { part_bytes: 5 * MIB });
    put.catch(() => undefined);
    await under.promise;
    const [open, ...more] = await eventually(() => Array.fromAsync(other.openUploads('open/')));
    expect(more).toEqual([]);
    expect(open).toMatchObject({ key: 'open/stuck', started_at: expect.any(Date) });
    expect(await other.head('open/stuck')).toBeUndefined();
    await other.abortUpload('open/stuck', open?.upload_id ?? '');
    await other.abortUpload('open/stuck', open?.upload_id ?? '');
    expect(await Array.fromAsync(other.openUploads('open/'))).toEqual([]);
    gate.reject(new Error('enough'));
    await expect(put).rejects.toThrow('enough');
    expect(await other.head('open/stuck')).toBeUndefined();
  });
}

function presigned(check: Check): void {
  const key = `firmware/acme/1.2.0/${'a'.repeat(64)}.bin`;
  const stored = async ({ one }: StartedStore, expires_s = 60, at = new Date()): Promise<string> => {
    await one.put(key, pieces(Buffer.from('0123456789')));
    return (await one.presignGet(key, expires_s, at)).url;
  };
  check('lets anybody have an object by its URL, whole and in parts', async (of) => {
    const url = await stored(of);
    expect(await of.get(url)).toMatchObject({ status: 200, bytes: Buffer.from('0123456789') });
    const part = { status: 206, bytes: Buffer.from('56789'), content_range: 'bytes 5-9/10' };
    expect(await of.get(url, 'bytes=5-')).toEqual(part);
    expect((await of.get(url, 'bytes=10-')).status).toBe(416);
    await of.one.remove(key);
    expect((await of.get(url)).status).toBe(404);
  });
  check('refuses a URL for another key, a longer life, or with another signature', async (of) => {
    const url = await stored(of);
    await of.one.put('secret', pieces(Buffer.from('secret')));
    const altered = [
      url.replace(key, 'secret'),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      url.replace(/(X-Amz-Signature=\w*)(\w)/, (_, most: string, last: string) => most + (last === '0' ? '1' : '0')),
      url.replace(/\?.*$/, ''),
    ];
    for (const wrong of altered) expect((await of.get(wrong)).status).toBe(403);
  });
  check('ends a URL with its time', async (of) => {
    const before = (s: number): Date => new Date(Date.now() - s * 1000);
    expect((await of.get(await stored(of, 3_600, before(3_601)))).status).toBe(403);
    expect((await of.get(await stored(of, 3_700, before(3_601)))).status).toBe(200);
  });
  check(
    'refuses a URL that was signed ahead of its clock',
    async (of) => {
      const soon = new Date(Date.now() + 16 * 60_000);
      expect((await of.get(await stored(of, 3_600, soon))).status).toBe(403);
    },
    { cannot: 'early_urls' },
  );
  check('says when a URL ends: so many seconds after its own date, which is a whole second', async (of) => {
    const { url, expires_at } = await of.one.presignGet(key, 3_600, new Date('2026-02-21T12:00:00.900Z'));
    const { searchParams } = new URL(url);
    expect(searchParams.get('X-Amz-Date')).toBe('20260221T120000Z');
    expect(searchParams.get('X-Amz-Expires')).toBe('3600');
    expect(expires_at.toISOString()).toBe('2026-02-21T13:00:00.000Z');
    for (const life of [0, -1, 1.5, 604_801])
      await expect(of.one.presignGet(key, life, new Date())).rejects.toThrow(RangeError);
  });
}

const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function* pieces(bytes: Buffer, size = 64 * 1024): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function all(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(body));
}

async function read(store: ObjectStore, key: string, range?: { start: number; end?: number }): Promise<Buffer> {
  return all(await store.read(key, range));
}

async function eventually<T>(find: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const found = await find();
    if (found.length > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
