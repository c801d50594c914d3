import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect } from 'vitest';
import { expectRefusal, tampered, type Checks, type Subject } from './conformance.fixture.js';

const body = randomBytes(100_000);
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('base64');

/** Objects: bytes, metadata, ranges, checksums, lists. */
export function objectChecks(check: Checks, subject: Subject): void {
  describe('objects', () => storing(check, subject));
  describe('ranges', () => ranges(check, subject));
  describe('checksums', () => checksums(check, subject));
  describe('lists', () => lists(check, subject));
}

function storing(check: Checks, subject: Subject): void {
  check('come back with their bytes, type and metadata', async () => {
    const { client, at, bucket, bytesOf } = bound(subject);
    const Metadata = { sha256: 'abc', 'release-notes': 'first' };
    await client.send(
      new PutObjectCommand({ ...at('m'), Body: body, ContentType: 'application/x-firmware', Metadata }),
    );
    const head = await client.send(new HeadObjectCommand(at('m')));
    expect(head).toMatchObject({ ContentLength: 100_000, ContentType: 'application/x-firmware', Metadata });
    expect(await bytesOf('m')).toEqual(body);
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  });
  check('may be empty', async () => {
    const { client, at, bytesOf } = bound(subject);
    await client.send(new PutObjectCommand({ ...at('empty'), Body: '' }));
    expect(await bytesOf('empty')).toHaveLength(0);
  });
  check('may have any printable name, and names are no paths', async () => {
    const { client, at, bytesOf } = bound(subject);
    for (const key of ["a/ä ö+%&=#?'!()*;~$,@:.bin", 'a/../../../../b', './c', 'd//e', '%2e%2e/f']) {
      await client.send(new PutObjectCommand({ ...at(key), Body: key }));
      expect((await bytesOf(key)).toString()).toBe(key);
    }
  });
  check('are replaced as a whole', async () => {
    const { client, at, bytesOf } = bound(subject);
    await client.send(new PutObjectCommand({ ...at('twice'), Body: body, Metadata: { first: 'yes' } }));
    await client.send(new PutObjectCommand({ ...at('twice'), Body: 'second' }));
    expect((await bytesOf('twice')).toString()).toBe('second');
    expect((await client.send(new HeadObjectCommand(at('twice')))).Metadata).toEqual({});
  });
  check("are not replaced with IfNoneMatch '*'", async () => {
    const { client, at, bytesOf } = bound(subject);
    const put = (Body: string) => client.send(new PutObjectCommand({ ...at('once'), Body, IfNoneMatch: '*' }));
    await put('first');
    await expectRefusal(put('second'), 412, 'PreconditionFailed');
    expect((await bytesOf('once')).toString()).toBe('first');
  });
  check('are copied', async () => {
    const { client, at, bucket, bytesOf } = bound(subject);
    await client.send(new PutObjectCommand({ ...at('copied/from'), Body: body, Metadata: { kept: 'yes' } }));
    await client.send(new CopyObjectCommand({ ...at('copied/to'), CopySource: `${bucket}/copied/from` }));
    expect(await bytesOf('copied/to')).toEqual(body);
    expect((await client.send(new HeadObjectCommand(at('copied/to')))).Metadata).toEqual({ kept: 'yes' });
  });
  check('are gone when deleted, one or many, and deleting again is fine', async () => {
    const { client, at, bucket } = bound(subject);
    for (const key of ['gone/1', 'gone/2', 'gone/3'])
      await client.send(new PutObjectCommand({ ...at(key), Body: 'x' }));
    await client.send(new DeleteObjectCommand(at('gone/1')));
    await client.send(new DeleteObjectCommand(at('gone/1')));
    const Objects = [{ Key: 'gone/2' }, { Key: 'gone/3' }, { Key: 'gone/never' }];
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    for (const key of ['gone/1', 'gone/2', 'gone/3'])
      await expectRefusal(client.send(new GetObjectCommand(at(key))), 404, 'NoSuchKey');
    await expectRefusal(client.send(new HeadObjectCommand(at('gone/1'))), 404);
  });
  check('need their bucket', async () => {
    const { client } = bound(subject);
    const nowhere = { Bucket: 'there-is-no-such-bucket', Key: 'a' };
    await expectRefusal(client.send(new PutObjectCommand({ ...nowhere, Body: 'x' })), 404, 'NoSuchBucket');
    await expectRefusal(client.send(new GetObjectCommand(nowhere)), 404, 'NoSuchBucket');
  });
}

function ranges(check: Checks, subject: Subject): void {
  const parts: [string, number, number][] = [
    ['bytes=1000-1999', 1000, 2000],
    ['bytes=99990-', 99_990, 100_000],
    ['bytes=-10', 99_990, 100_000],
    ['bytes=99990-200000', 99_990, 100_000],
  ];
  check('give a part with 206 and its place', async () => {
    const { client, at } = bound(subject);
    await client.send(new PutObjectCommand({ ...at('range'), Body: body }));
    for (const [Range, start, end] of parts) {
      const part = await client.send(new GetObjectCommand({ ...at('range'), Range }));
      expect(part.$metadata.httpStatusCode).toBe(206);
      expect(part.ContentRange).toBe(`bytes ${start}-${end - 1}/100000`);
      expect(Buffer.from((await part.Body?.transformToByteArray()) ?? [])).toEqual(body.subarray(start, end));
    }
  });
  check('outside the object are 416', async () => {
    const { client, at } = bound(subject);
    await client.send(new PutObjectCommand({ ...at('range'), Body: body }));
    const request = client.send(new GetObjectCommand({ ...at('range'), Range: 'bytes=100000-' }));
    await expectRefusal(request, 416, 'InvalidRange');
  });
}

function checksums(check: Checks, subject: Subject): void {
  const isAbsent = async (key: string): Promise<void> => {
    const { client, at } = bound(subject);
    await expectRefusal(client.send(new HeadObjectCommand(at(key))), 404);
  };
  check('that are right are accepted', async () => {
    const { client, at, bytesOf } = bound(subject);
    const sums = { ChecksumSHA256: sha256(body), ContentMD5: createHash('md5').update(body).digest('base64') };
    await client.send(new PutObjectCommand({ ...at('right'), Body: body, ...sums }));
    expect(await bytesOf('right')).toEqual(body);
  });
  check('in MD5 that are wrong are refused', async () => {
    const { client, at } = bound(subject);
    const ContentMD5 = createHash('md5').update('other').digest('base64');
    await expectRefusal(client.send(new PutObjectCommand({ ...at('md5'), Body: body, ContentMD5 })), 400, 'BadDigest');
    await isAbsent('md5');
  });
  check(
    'in SHA-256 or CRC32 that are wrong are refused',
    async () => {
      const { client, at } = bound(subject);
      const wrong = [{ ChecksumSHA256: sha256(Buffer.from('other')) }, { ChecksumCRC32: 'AAAAAA==' }];
      for (const sums of wrong)
        await expectRefusal(client.send(new PutObjectCommand({ ...at('sum'), Body: body, ...sums })), 400, 'BadDigest');
      await isAbsent('sum');
    },
    { cannot: 'checksums' },
  );
  check(
    'are attested by HEAD',
    async () => {
      const { client, at } = bound(subject);
      await client.send(new PutObjectCommand({ ...at('attested'), Body: body, ChecksumSHA256: sha256(body) }));
      const head = await client.send(new HeadObjectCommand({ ...at('attested'), ChecksumMode: 'ENABLED' }));
      expect(head.ChecksumSHA256).toBe(sha256(body));
    },
    { cannot: 'checksums' },
  );
  check('of the signature refuse a body that was changed on its way', async () => {
    const { at } = bound(subject);
    const client = tampered(subject().clientWith({}), (request) => (request.body = Buffer.alloc(100_000)));
    const put = client.send(new PutObjectCommand({ ...at('changed'), Body: body }));
    await expectRefusal(put, 400, 'XAmzContentSHA256Mismatch');
    await isAbsent('changed');
  });
  check(
    'may follow the body: the SDK streams aws-chunked with a CRC32 trailer',
    async () => {
      const { at, bytesOf } = bound(subject);
      const client = subject().clientWith({ requestChecksumCalculation: 'WHEN_SUPPORTED' });
      const Body = Readable.from([body, body]);
      await client.send(new PutObjectCommand({ ...at('streamed'), Body, ContentLength: 200_000 }));
      expect(await bytesOf('streamed')).toEqual(Buffer.concat([body, body]));
    },
    { cannot: 'trailers' },
  );
}

function lists(check: Checks, subject: Subject): void {
  check('come in pages, by prefix, in the order of UTF-8', async () => {
    const { client, at, bucket } = bound(subject);
    const keys = ['list/a', 'list/b/1', 'list/b/2', 'list/c', 'list/\uffee', 'list/\u{1f600}'];
    for (const key of [...keys].reverse()) await client.send(new PutObjectCommand({ ...at(key), Body: 'x' }));
    const found: (string | undefined)[] = [];
    let ContinuationToken: string | undefined;
    do {
      const query = { Bucket: bucket, Prefix: 'list/', MaxKeys: 2, ContinuationToken };
      const page = await client.send(new ListObjectsV2Command(query));
      expect(page.KeyCount).toBeLessThanOrEqual(2);
      found.push(...(page.Contents ?? []).map(({ Key }) => Key));
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(found).toEqual(keys);
  });
  check('fold what shares a prefix up to the delimiter', async () => {
    const { client, at, bucket } = bound(subject);
    for (const key of ['fold/a', 'fold/b/1', 'fold/b/2', 'fold/c/1']) {
      await client.send(new PutObjectCommand({ ...at(key), Body: 'x' }));
    }
    const page = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'fold/', Delimiter: '/' }));
    expect(page.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([['fold/a', 1]]);
    expect(page.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['fold/b/', 'fold/c/']);
  });
}

/** The probe's members as plain functions. */
function bound(subject: Subject) {
  const probe = subject();
  const { client, bucket } = probe;
  return { client, bucket, at: probe.at.bind(probe), bytesOf: probe.bytesOf.bind(probe) };
}
