import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Clock } from '@edgeflow/runtime';
import { soon } from './answering.js';
import { failureOf } from './failures.js';
import type { PutOptions } from './object-store.js';

/** 8 MiB: with four parts on their way an upload holds about 40 MiB, whatever its size. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_ON_THEIR_WAY = 4;

/**
 * Streams a body into an object. The object appears when all of it is there; on any failure, and when the signal comes, nothing is left behind.
 * @throws the body's own error when the body fails, Refused `storage-unavailable`, or the SDK's error
 */
export async function upload(
  { client, clock }: { client: S3Client; clock: Clock },
  target: { Bucket: string; Key: string },
  body: AsyncIterable<Uint8Array>,
  { metadata, content_type, part_bytes = PART_BYTES, signal }: PutOptions & { signal: AbortSignal },
): Promise<void> {
  // How the body itself failed, which the SDK does not tell from its own failures.
  let failure: { error: unknown } | undefined;
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      failure = { error };
      throw error;
    }
  }
  const transfer = new Upload({
    client,
    params: {
      ...target,
      Body: Readable.from(watched(), { objectMode: false }),
      Metadata: metadata,
      ContentType: content_type,
      // Of each part, and of the object when it is one request: stores that know checksums verify and attest it.
      ChecksumAlgorithm: 'SHA256',
    },
    partSize: part_bytes,
    queueSize: PARTS_ON_THEIR_WAY,
  });
  signal.addEventListener('abort', () => void transfer.abort(), { once: true });
  try {
    await transfer.done();
  } catch (error) {
    // One that hangs is not waited for: what is left is found later (`openUploads`).
    const abandoned = abandon(client, { ...target, UploadId: transfer.uploadId }, clock);
    if (!signal.aborted) await abandoned;
    throw failure ? failure.error : failureOf(error);
  }
}

/**
 * Ends a multipart upload that failed. lib-storage does so when a part fails, but not when the completion does. Best effort: a store
 * that cannot be reached keeps the upload, and openUploads() shows it later.
 */
async function abandon(
  client: S3Client,
  left: { Bucket: string; Key: string; UploadId: string | undefined },
  clock: Clock,
): Promise<void> {
  if (left.UploadId === undefined) return;
  await client.send(new AbortMultipartUploadCommand(left), soon(clock)).catch(() => undefined);
}
