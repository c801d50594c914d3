import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { answerOf, read, SignedClient } from './signed-request.fixture.js';
import { startS3, type RunningS3 } from './start-s3.js';

const keys = { access_key_id: 'KEY', secret_access_key: 'secret' };
const BUCKET = '/firmware';
const IMAGE = randomBytes(3_000_000).toString('base64');

let dir: string;
let server: RunningS3;
let client: SignedClient;
let failures: unknown[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'edgeflow-s3-'));
  await start();
  await client.send('PUT', BUCKET);
});
afterEach(async () => {
  await server.stop();
  await rm(dir, { recursive: true });
});

async function start(): Promise<void> {
  failures = [];
  server = await startS3({ dir, ...keys, onFailure: (error) => failures.push(error) });
  client = new SignedClient(server.url, keys);
}

async function restart(): Promise<void> {
  await server.stop();
  await start();
}

/** The files in one folder of the bucket. */
async function files(folder: 'data' | 'records' | 'scratch' | 'uploads'): Promise<string[]> {
  const path = join(dir, 'buckets', 'firmware', folder);
  return (await readdir(path)).map((name) => join(path, name));
}

describe('a restarted endpoint', () => {
  it('has its objects and its open uploads', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: IMAGE, headers: { 'x-amz-meta-sha256': 'stated' } });
    const uploadId = await createUpload(`${BUCKET}/b`);
    const part = await client.send('PUT', `${BUCKET}/b`, { query: { uploadId, partNumber: '1' }, body: 'part' });
    await restart();
    const answer = await client.send('GET', `${BUCKET}/a`);
    expect([answer.text === IMAGE, answer.headers['x-amz-meta-sha256']]).toEqual([true, 'stated']);
    expect((await complete(`${BUCKET}/b`, uploadId, part.headers.etag ?? '')).status).toBe(200);
    expect((await client.send('GET', `${BUCKET}/b`)).text).toBe('part');
  });
  it('sweeps what a crash left half done', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: 'kept' });
    await writeFile(join(dir, 'buckets/firmware/scratch/half'), 'half written');
    await writeFile(join(dir, 'buckets/firmware/data/orphan'), 'renamed, and then the power went');
    await restart();
    expect([await files('scratch'), (await files('data')).length]).toEqual([[], 1]);
    expect((await client.send('GET', `${BUCKET}/a`)).text).toBe('kept');
  });
  it('is the only one in its folder', async () => {
    await expect(startS3({ dir, ...keys })).rejects.toMatchObject({ name: 'Locked' });
  });
});

describe('an upload that breaks off', () => {
  it('leaves nothing, neither an object nor a file', async () => {
    const length = { 'content-length': '1000000' };
    const request = await client.open('PUT', `${BUCKET}/cut`, { payload: 'UNSIGNED-PAYLOAD', headers: length });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(500_000));
    await until(async () => (await files('scratch')).length === 1);
    request.destroy();
    await until(async () => (await files('scratch')).length === 0);
    expect((await client.send('HEAD', `${BUCKET}/cut`)).status).toBe(404);
    expect([await files('data'), failures]).toEqual([[], []]);
  });
  it('leaves the object that was there', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: 'before' });
    const wrong = await client.send('PUT', `${BUCKET}/a`, { body: 'after', payload: 'a'.repeat(64) });
    expect(wrong).toMatchObject({ status: 400, code: 'XAmzContentSHA256Mismatch' });
    expect((await client.send('GET', `${BUCKET}/a`)).text).toBe('before');
  });
});

describe('a body with its checksum in the trailer', () => {
  const put = (body: string, crc: number, length: number) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc);
    const size = Buffer.byteLength(body).toString(16);
    return client.send('PUT', `${BUCKET}/chunked`, {
      payload: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      body: `${size}\r\n${body}\r\n0\r\nx-amz-checksum-crc32:${sum.toString('base64')}\r\n\r\n`,
      headers: {
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': String(length),
        'x-amz-trailer': 'x-amz-checksum-crc32',
      },
    });
  };

  it('is stored without its framing', async () => {
    expect((await put('hello', crc32('hello'), 5)).status).toBe(200);
    const answer = await client.send('GET', `${BUCKET}/chunked`);
    expect([answer.text, answer.headers['content-encoding']]).toEqual(['hello', undefined]);
  });
  it('is refused when the checksum or the length is another', async () => {
    expect(await put('hello', crc32('other'), 5)).toMatchObject({ status: 400, code: 'BadDigest' });
    expect(await put('hello', crc32('hello'), 6)).toMatchObject({ status: 400, code: 'IncompleteBody' });
    expect((await client.send('HEAD', `${BUCKET}/chunked`)).status).toBe(404);
  });
});

describe('a file that was damaged on the disk', () => {
  it('shows its size on HEAD without a checksum, and is not served', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: '0123456789' });
    const checksum = { headers: { 'x-amz-checksum-mode': 'ENABLED' } };
    const sha256 = createHash('sha256').update('0123456789').digest('base64');
    const whole = await client.send('HEAD', `${BUCKET}/a`, checksum);
    expect(whole.headers).toMatchObject({ 'content-length': '10', 'x-amz-checksum-sha256': sha256 });
    const [file = ''] = await files('data');
    await truncate(file, 4);
    const cut = await client.send('HEAD', `${BUCKET}/a`, checksum);
    expect([cut.headers['content-length'], cut.headers['x-amz-checksum-sha256']]).toEqual(['4', undefined]);
    expect(await client.send('GET', `${BUCKET}/a`)).toMatchObject({ status: 500, code: 'ObjectDamaged' });
    await rm(file);
    expect(await client.send('GET', `${BUCKET}/a`)).toMatchObject({ status: 500, code: 'ObjectDamaged' });
    expect(failures).toHaveLength(2);
  });
});

describe('downloads', () => {
  it('go on to their end when the object is replaced or removed', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: IMAGE });
    const open = async () => {
      const request = await client.open('GET', `${BUCKET}/a`);
      request.end();
      return answerOf(request);
    };
    const one = await open();
    await client.send('PUT', `${BUCKET}/a`, { body: 'another' });
    const two = await open();
    await client.send('DELETE', `${BUCKET}/a`);
    expect((await read(one)).text === IMAGE).toBe(true);
    expect((await read(two)).text).toBe('another');
    expect(await files('data')).toEqual([]);
  });
  it('of one image by many devices need one file descriptor', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: IMAGE });
    const [file = ''] = await files('data');
    const devices = Array.from({ length: 100 }, async () => {
      const request = await client.open('GET', `${BUCKET}/a`);
      request.end();
      return answerOf(request);
    });
    const responses = await Promise.all(devices);
    expect(await descriptorsOf(file)).toBe(1);
    for (const response of responses) expect((await read(response)).text === IMAGE).toBe(true);
    await until(async () => (await descriptorsOf(file)) === 0);
    expect(failures).toEqual([]);
  });
  it('that devices break off close the file', async () => {
    await client.send('PUT', `${BUCKET}/a`, { body: IMAGE });
    const [file = ''] = await files('data');
    const request = await client.open('GET', `${BUCKET}/a`);
    request.on('error', () => undefined).end();
    const response = await answerOf(request);
    await once(response, 'readable');
    request.destroy();
    await until(async () => (await descriptorsOf(file)) === 0);
    expect(failures).toEqual([]);
  });
});

describe('requests side by side', () => {
  it("of which each wants to be the first, with If-None-Match: '*', have one winner", async () => {
    const put = (n: number) =>
      client.send('PUT', `${BUCKET}/once`, { body: `${n}`, headers: { 'if-none-match': '*' } });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => put(n)));
    const won = answers.flatMap(({ status }, n) => (status === 200 ? [n] : []));
    expect(won).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'PreconditionFailed')).toHaveLength(19);
    expect((await client.send('GET', `${BUCKET}/once`)).text).toBe(`${won[0]}`);
    expect(await files('data')).toHaveLength(1);
  });
});

describe('a completion', () => {
  it('that is repeated, its answer lost, is answered again', async () => {
    const uploadId = await createUpload(`${BUCKET}/a`);
    const part = await client.send('PUT', `${BUCKET}/a`, { query: { uploadId, partNumber: '1' }, body: 'part' });
    const first = await complete(`${BUCKET}/a`, uploadId, part.headers.etag ?? '');
    const second = await complete(`${BUCKET}/a`, uploadId, part.headers.etag ?? '');
    expect([second.status, second.text]).toEqual([200, first.text]);
    expect(await files('uploads')).toEqual([]);
  });
  it('with a DTD in its document is refused', async () => {
    const uploadId = await createUpload(`${BUCKET}/a`);
    const body = '<!DOCTYPE a [<!ENTITY b "c">]><CompleteMultipartUpload>&b;</CompleteMultipartUpload>';
    const answer = await client.send('POST', `${BUCKET}/a`, { query: { uploadId }, body });
    expect(answer).toMatchObject({ status: 400, code: 'MalformedXML' });
  });
});

describe('a request that cannot be served', () => {
  it('is not asked for its body', async () => {
    const stranger = new SignedClient(server.url, { ...keys, secret_access_key: 'wrong' });
    const headers = { expect: '100-continue', 'content-length': '1000000' };
    const request = await stranger.open('PUT', `${BUCKET}/a`, { headers, payload: 'UNSIGNED-PAYLOAD' });
    let continued = false;
    request.on('continue', () => (continued = true)).on('error', () => undefined);
    request.flushHeaders();
    expect(await read(await answerOf(request))).toMatchObject({ status: 403, code: 'SignatureDoesNotMatch' });
    expect(continued).toBe(false);
    request.destroy();
  });
  it.each([
    ['GET', `${BUCKET}/a`, { acl: '' }, 501, 'NotImplemented'],
    ['GET', BUCKET, {}, 501, 'NotImplemented'],
    ['PUT', '/No_Bucket', {}, 400, 'InvalidBucketName'],
    ['PUT', '/..', {}, 400, 'InvalidBucketName'],
    ['GET', `${BUCKET}/${'k'.repeat(1025)}`, {}, 400, 'KeyTooLongError'],
    ['GET', `${BUCKET}/%zz`, {}, 400, 'InvalidURI'],
    ['GET', `${BUCKET}/a%00`, {}, 400, 'InvalidURI'],
    ['PUT', `${BUCKET}/a`, { uploadId: '../../a', partNumber: '1' }, 404, 'NoSuchUpload'],
  ])('%s %s %j says so', async (method, path, query, status, code) => {
    expect(await client.send(method, path, { query })).toMatchObject({ status, code });
  });
});

async function createUpload(path: string): Promise<string> {
  const { text } = await client.send('POST', path, { query: { uploads: '' } });
  return /<UploadId>(\w+)</.exec(text)?.[1] ?? '';
}

function complete(path: string, uploadId: string, etag: string) {
  const part = `<Part><PartNumber>1</PartNumber><ETag>${etag}</ETag></Part>`;
  const body = `<CompleteMultipartUpload>${part}</CompleteMultipartUpload>`;
  return client.send('POST', path, { query: { uploadId }, body });
}

/** How many descriptors of this process are open on the file; a removed one no longer has its name. */
async function descriptorsOf(path: string): Promise<number> {
  await stat(path);
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((target) => target === path).length;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
