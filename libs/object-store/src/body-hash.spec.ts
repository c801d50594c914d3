import { createHash, type Hash } from 'node:crypto';
import { S3Client, PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { hashBodiesOnce } from './body-hash.js';

interface Sent {
  headers: Record<string, string>;
}

const BODY = Buffer.alloc(1024 * 1024, 'firmware');
const place = { Bucket: 'b', Key: 'k', Body: BODY };

/** What a client sends for one command, and how many bytes the SDK has hashed for it by itself. */
async function sent(command: PutObjectCommand | UploadPartCommand): Promise<Sent & { hashed: number }> {
  let hashed = 0;
  class Counting {
    private readonly hash: Hash = createHash('sha256');
    update(data: Uint8Array | string): void {
      hashed += data.length;
      this.hash.update(data);
    }
    digest(): Promise<Uint8Array> {
      return Promise.resolve(this.hash.digest());
    }
    reset(): void {
      throw new Error('not asked for');
    }
  }
  const seen: Sent[] = [];
  const client = new S3Client({
    ...{ region: 'us-east-1', endpoint: 'http://127.0.0.1:1', forcePathStyle: true, sha256: Counting, maxAttempts: 1 },
    credentials: { accessKeyId: 'KEY', secretAccessKey: 'secret' },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    requestHandler: {
      handle: (request: Sent) => {
        seen.push(request);
        return Promise.reject(new Error('sent'));
      },
    },
  });
  hashBodiesOnce(client);
  await client.send(command as PutObjectCommand).catch(() => undefined);
  const [request] = seen;
  if (!request) throw new Error('nothing was sent');
  return { headers: request.headers, hashed };
}

const digest = (encoding: 'hex' | 'base64'): string => createHash('sha256').update(BODY).digest(encoding);

describe('the body of an upload', () => {
  it.each([
    ['an object', new PutObjectCommand({ ...place, ChecksumAlgorithm: 'SHA256' })],
    ['a part', new UploadPartCommand({ ...place, ChecksumAlgorithm: 'SHA256', UploadId: 'u', PartNumber: 1 })],
  ])('of %s is hashed once, for its checksum and for the signature', async (_, command) => {
    const { headers, hashed } = await sent(command);
    expect(headers).toMatchObject({
      'x-amz-checksum-sha256': digest('base64'),
      'x-amz-content-sha256': digest('hex'),
      authorization: expect.stringContaining('x-amz-checksum-sha256;x-amz-content-sha256') as string,
    });
    expect(hashed).toBeLessThan(BODY.length);
  });

  it('is signed as ever where no checksum is asked for', async () => {
    const { headers, hashed } = await sent(new PutObjectCommand(place));
    expect(headers['x-amz-content-sha256']).toBe(digest('hex'));
    expect(headers['x-amz-checksum-sha256']).toBeUndefined();
    expect(hashed).toBeGreaterThanOrEqual(BODY.length);
  });
});
