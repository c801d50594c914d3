import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestS3, type TestS3 } from '@edgeflow/testkit';
import { systemClock } from '@edgeflow/runtime';
import { ListPartsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3ObjectStore } from './s3-object-store.js';
import { refusingProxy } from './refusing-proxy.fixture.js';
import { startShiftedS3 } from './shifted-s3.fixture.js';

const MIB = 1024 * 1024;
const KEY = `firmware/acme/1.2.0/${'a'.repeat(64)}.bin`;
const chunk = randomBytes(MIB);

let s3: TestS3;
let store: S3ObjectStore;

beforeAll(async () => {
  s3 = await startTestS3();
  store = new S3ObjectStore({ ...s3, public_endpoint: 'https://localhost:8443' }, systemClock);
  await store.ensureBucket();
});
afterAll(async () => {
  store.close();
  await s3.stop();
});

describe('the bucket', () => {
  it('is made once, and then it is ready', async () => {
    const other = new S3ObjectStore({ ...s3, bucket: 'another-bucket' }, systemClock);
    await expect(other.ready()).rejects.toMatchObject({ code: 'storage-unavailable' });
    await Promise.all([other.ensureBucket(), other.ensureBucket()]);
    await other.ensureBucket();
    await other.ready();
    other.close();
  });

  it('is not ready after an object had no room, until one has', async () => {
    let isFull = true;
    const proxy = await refusingProxy(s3.endpoint, ({ method }) => isFull && method === 'PUT', { status: 507 });
    const behind = new S3ObjectStore({ ...s3, endpoint: proxy.url }, systemClock);
    await behind.ready();
    const noRoom = { code: 'storage-unavailable', detail: 'The object store has no room' };
    await expect(behind.put('full', bytes('0123456789'))).rejects.toMatchObject(noRoom);
    await expect(behind.ready()).rejects.toMatchObject(noRoom);
    isFull = false;
    await behind.ready();
    expect((await Array.fromAsync(store.list('.edgeflow'))).map(({ key }) => key)).toEqual([]);
    await behind.put('full', bytes('0123456789'));
    behind.close();
    await proxy.stop();
  });

  it('names what to look at when the store does not let us at it', async () => {
    const stranger = new S3ObjectStore({ ...s3, secret_access_key: 'hunter2' }, systemClock);
    for (const ask of [stranger.ready(), stranger.ensureBucket()]) {
      await expect(ask).rejects.toThrow(/^the object store answers 403 for the bucket .*S3_SECRET_ACCESS_KEY/);
    }
    stranger.close();
  });
});

describe('an object', () => {
  it('is put, looked at, read in parts and removed', async () => {
    await store.put(KEY, bytes('0123456789'), {
      metadata: { sha256: 'stated' },
      content_type: 'application/x-firmware',
    });
    const sha256 = createHash('sha256').update('0123456789').digest('hex');
    expect(await store.head(KEY)).toEqual({ size: 10, metadata: { sha256: 'stated' }, sha256 });
    expect(await textOf(KEY)).toBe('0123456789');
    expect(await textOf(KEY, { start: 2, end: 4 })).toBe('234');
    expect(await textOf(KEY, { start: 7 })).toBe('789');
    await store.remove(KEY);
    await store.remove(KEY);
    expect(await store.head(KEY)).toBeUndefined();
    await expect(store.read(KEY)).rejects.toMatchObject({ code: 'not-found' });
  });
  it('is listed by prefix, over all pages', async () => {
    for (let n = 0; n < 5; n++) await store.put(`listed/${n}`, bytes('x'.repeat(n)));
    const listed = await all(store.list('listed/'));
    expect(listed.map(({ key, size }) => [key, size])).toEqual([0, 1, 2, 3, 4].map((n) => [`listed/${n}`, n]));
    expect(listed.every(({ modified_at }) => Math.abs(Date.now() - modified_at.getTime()) < 60_000)).toBe(true);
  });
  it('of many parts is attested as a whole by the embedded endpoint', async () => {
    await store.put('parts', repeated(chunk, 12), { part_bytes: 5 * MIB });
    const hash = createHash('sha256');
    for (let n = 0; n < 12; n++) hash.update(chunk);
    expect(await store.head('parts')).toMatchObject({ size: 12 * MIB, sha256: hash.digest('hex') });
  });
});

describe('an upload of 64 MiB', () => {
  it('holds a few parts at a time, whatever its size', async () => {
    let most = 0;
    async function* watched(): AsyncGenerator<Buffer> {
      for (let n = 0; n < 64; n++) {
        most = Math.max(most, n * MIB - (await storedBytes('large')));
        yield chunk;
      }
    }
    await store.put('large', watched(), { part_bytes: 5 * MIB });
    expect((await store.head('large'))?.size).toBe(64 * MIB);
    // Four parts on their way, one being filled, and what its stream reads ahead.
    expect(most).toBeLessThanOrEqual(5 * 5 * MIB + 2 * MIB);
    expect(most).toBeGreaterThan(0);
  });
});

describe('a body that fails', () => {
  class Broken extends Error {}

  it.each([
    ['in the first part', 3],
    ['in a later part', 17],
  ])('%s leaves nothing behind, and its own error comes out', async (_, length) => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield* repeated(chunk, length);
      throw new Broken('the sender went away');
    }
    await expect(store.put('broken', broken(), { part_bytes: 5 * MIB })).rejects.toThrow(Broken);
    expect(await store.head('broken')).toBeUndefined();
    expect(await all(store.openUploads('broken'))).toEqual([]);
  });
  it('leaves the object that was there before', async () => {
    await store.put('kept', bytes('before'));
    async function* broken(): AsyncGenerator<Buffer> {
      yield* repeated(chunk, 7);
      throw new Broken();
    }
    await expect(store.put('kept', broken(), { part_bytes: 5 * MIB })).rejects.toThrow(Broken);
    expect(await textOf('kept')).toBe('before');
  });
});

describe('a store that fails', () => {
  it('on completion is rid of the upload', async () => {
    const proxy = await refusingProxy(
      s3.endpoint,
      ({ method, url }) => method === 'POST' && /uploadId=/.test(url ?? ''),
    );
    const failing = new S3ObjectStore({ ...s3, endpoint: proxy.url }, systemClock);
    const put = failing.put('incomplete', repeated(chunk, 11), { part_bytes: 5 * MIB });
    await expect(put).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(proxy.refused).toBeGreaterThan(1);
    expect(await all(store.openUploads('incomplete'))).toEqual([]);
    failing.close();
    await proxy.stop();
  });
  it('on the answer to a completion is asked again, and says that it is done', async () => {
    let left = 1;
    const completes = ({ method, url }: IncomingMessage) =>
      method === 'POST' && /uploadId=/.test(url ?? '') && left-- > 0;
    const proxy = await refusingProxy(s3.endpoint, () => false, { cut_after_bytes: 0, cuts: completes });
    const failing = new S3ObjectStore({ ...s3, endpoint: proxy.url }, systemClock);
    const put = failing.put('unanswered', repeated(chunk, 11), { part_bytes: 5 * MIB });
    await put;
    expect(left).toBeLessThan(1);
    expect(await store.head('unanswered')).toMatchObject({ size: 11 * MIB });
    expect(await all(store.openUploads('unanswered'))).toEqual([]);
    failing.close();
    await proxy.stop();
  });
  it('is named storage-unavailable by everything that asks it', async () => {
    const proxy = await refusingProxy(s3.endpoint, () => true);
    for (const endpoint of [proxy.url, 'http://127.0.0.1:1']) {
      const away = new S3ObjectStore({ ...s3, endpoint }, systemClock);
      const unavailable = { code: 'storage-unavailable' };
      await expect(away.ready()).rejects.toMatchObject(unavailable);
      await expect(away.head('a')).rejects.toMatchObject(unavailable);
      await expect(away.read('a')).rejects.toMatchObject(unavailable);
      await expect(away.put('a', bytes('x'))).rejects.toMatchObject(unavailable);
      await expect(all(away.list(''))).rejects.toMatchObject(unavailable);
      away.close();
    }
    await proxy.stop();
  });
  it('in the middle of a download fails the stream in the same words', async () => {
    await store.put('cut', repeated(chunk, 4));
    const proxy = await refusingProxy(s3.endpoint, () => false, { cut_after_bytes: MIB });
    const cut = new S3ObjectStore({ ...s3, endpoint: proxy.url }, systemClock);
    await expect(all(await cut.read('cut'))).rejects.toMatchObject({ code: 'storage-unavailable' });
    cut.close();
    await proxy.stop();
  });
  it('with wrong credentials is another error: waiting would not help', async () => {
    const wrong = new S3ObjectStore({ ...s3, secret_access_key: 'wrong' }, systemClock);
    await expect(all(wrong.list(''))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    wrong.close();
  });
});

describe.each([-3_600_000, 3_600_000])('a store whose clock is %i ms ahead of ours', (ahead_ms) => {
  let shifted: TestS3;
  beforeAll(async () => {
    shifted = await startShiftedS3(ahead_ms);
  });
  afterAll(() => shifted.stop());

  it.each([1, 12])('takes an upload of %i MiB, since its answers say its time', async (mib) => {
    const config = { ...shifted, allow_insecure_downloads: true };
    const first = new S3ObjectStore(config, systemClock);
    await first.ensureBucket();
    first.close();
    // Nothing was asked by this one yet.
    const fresh = new S3ObjectStore(config, systemClock);
    await fresh.put(KEY, repeated(chunk, mib), { part_bytes: 5 * MIB });
    expect(await fresh.head(KEY)).toMatchObject({ size: mib * MIB });
    const { url } = await fresh.presignGet(KEY, 60, new Date(Date.now() + ahead_ms));
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch((await fresh.presignGet(KEY, 60, new Date())).url)).status).toBe(403);
    fresh.close();
  });
});

describe('open uploads', () => {
  it('are found and aborted, once or twice', async () => {
    const gate = Promise.withResolvers<never>();
    async function* stuck(): AsyncGenerator<Buffer> {
      yield* repeated(chunk, 6);
      await gate.promise;
    }
    const put = store.put('open/stuck', stuck(), { part_bytes: 5 * MIB });
    put.catch(() => undefined);
    const [upload] = await eventually(() => all(store.openUploads('open/')));
    expect(upload).toMatchObject({ key: 'open/stuck', started_at: expect.any(Date) });
    await store.abortUpload('open/stuck', upload!.upload_id);
    await store.abortUpload('open/stuck', upload!.upload_id);
    expect(await all(store.openUploads('open/'))).toEqual([]);
    gate.reject(new Error('enough'));
    await expect(put).rejects.toThrow('enough');
  });
});

describe('a presigned URL', () => {
  it('names the public endpoint and works through it, with ranges', async () => {
    await store.put(KEY, bytes('0123456789'));
    const { url } = await store.presignGet(KEY, 3600, new Date());
    expect(url).toMatch(`https://localhost:8443/${s3.bucket}/${KEY}?`);
    expect(await throughOrigin(url)).toEqual([200, '0123456789']);
    expect(await throughOrigin(url, { range: 'bytes=5-' })).toEqual([206, '56789']);
  });
  it('says when it expires: so many seconds after its own date', async () => {
    const { url, expires_at } = await store.presignGet(KEY, 3600, new Date());
    const date = new URL(url).searchParams.get('X-Amz-Date') ?? '';
    const [, y, m, d, h, min, s] = /^(....)(..)(..)T(..)(..)(..)Z$/.exec(date) ?? [];
    expect(expires_at.getTime() - Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`)).toBe(3_600_000);
    expect(new URL(url).searchParams.get('X-Amz-Expires')).toBe('3600');
  });
  it('is refused for another key, longer, or with another signature', async () => {
    await store.put('secret', bytes('secret'));
    const { url } = await store.presignGet(KEY, 60, new Date());
    const altered = [
      url.replace(KEY, 'secret'),
      url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'),
      url.replace(/X-Amz-Signature=./, (text) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')),
    ];
    for (const wrong of altered) expect((await throughOrigin(wrong))[0]).toBe(403);
  });
  it('lives one second to a week', async () => {
    for (const life of [0, -1, 1.5, 604_801])
      await expect(store.presignGet(KEY, life, new Date())).rejects.toThrow(RangeError);
    expect((await store.presignGet(KEY, 604_800, new Date())).url).toContain('X-Amz-Expires=604800');
  });
  it('is signed by the clock that it is given', async () => {
    const { url, expires_at } = await store.presignGet(KEY, 3600, new Date('2026-02-21T12:00:00.900Z'));
    expect(new URL(url).searchParams.get('X-Amz-Date')).toBe('20260221T120000Z');
    expect(expires_at.toISOString()).toBe('2026-02-21T13:00:00.000Z');
  });
  it('is https or is not made', async () => {
    const http = { ...s3, public_endpoint: 'http://localhost:8443' };
    expect(() => new S3ObjectStore(http, systemClock)).toThrow('must be https');
    const internal = new S3ObjectStore(s3, systemClock);
    await expect(internal.presignGet(KEY, 60, new Date())).rejects.toMatchObject({ name: 'InsecurePublicEndpoint' });
  });
});

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

async function* repeated(piece: Buffer, times: number): AsyncGenerator<Buffer> {
  for (let n = 0; n < times; n++) yield piece;
}

async function textOf(key: string, range?: { start: number; end?: number }): Promise<string> {
  return Buffer.concat(await all(await store.read(key, range))).toString();
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

async function eventually<T>(find: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const found = await find();
    if (found.length > 0) return found;
    await sleep(20);
  }
}

/** What the store has of the parts of the upload that is open for this key. */
async function storedBytes(key: string): Promise<number> {
  const credentials = { accessKeyId: s3.access_key_id, secretAccessKey: s3.secret_access_key };
  const client = new S3Client({ ...s3, forcePathStyle: true, credentials });
  const [open] = await all(store.openUploads(key));
  if (!open) return 0;
  const command = new ListPartsCommand({ Bucket: s3.bucket, Key: key, UploadId: open.upload_id });
  const { Parts = [] } = await client.send(command);
  client.destroy();
  return Parts.reduce((sum, { Size = 0 }) => sum + Size, 0);
}

/** A GET as the TLS origin hands it on: to the endpoint's own address, with the Host header unchanged. */
async function throughOrigin(url: string, headers: Record<string, string> = {}): Promise<[number, string]> {
  const { host, pathname, search } = new URL(url);
  const { hostname, port } = new URL(s3.endpoint);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { hostname, port, path: `${pathname}${search}`, headers: { host, ...headers } };
    httpRequest(options, resolve).on('error', reject).end();
  });
  return [response.statusCode ?? 0, Buffer.concat(await all<Buffer>(response)).toString()];
}
