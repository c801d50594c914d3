import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { soon } from './answering.js';
import { failureOf } from './failures.js';

/** 8 MiB: with four parts on their way an upload holds about 40 MiB, whatever its size. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_ON_THEIR_WAY = 4;

export interface PutOptions {
  /** User metadata: ASCII names and values. */
  metadata?: Record<string, string>;
  content_type?: string;
  /** Size of a part in bytes, at least 5 MiB; a body that fits in one is sent in one request. Default 8 MiB. */
  part_bytes?: number;
}

/** What an upload is told beside the options: when to give up. */
interface UploadOptions extends PutOptions {
  signal: AbortSignal;
}

/**
 * Streams a body into an object. The object appears when all of it is there; on any failure nothing is left behind.
 * @throws the body's own error when the body fails, Refused `storage-unavailable`, or the SDK's error
 */
export async function upload(
  client: S3Client,
  target: { Bucket: string; Key: string },
  body: AsyncIterable<Uint8Array>,
  { metadata, content_type, part_bytes = PART_BYTES, signal }: UploadOptions,
): Promise<void> {
  const watched = new WatchedBody(body);
  const transfer = new Upload({
    client,
    params: {
      ...target,
      Body: Readable.from(watched.chunks(), { objectMode: false }),
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
    const abandoned = abandon(client, target, transfer.uploadId);
    if (!signal.aborted) await abandoned;
    throw watched.failure ? watched.failure.error : failureOf(error);
  }
}

/** Remembers how the body itself failed, which the SDK does not tell from its own failures. */
class WatchedBody {
  failure: { error: unknown } | undefined;

  constructor(private readonly body: AsyncIterable<Uint8Array>) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* this.body;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

/**
 * Ends a multipart upload that failed. lib-storage does so when a part fails, but not when the completion does. Best effort: a store
 * that cannot be reached keeps the upload, and openUploads() shows it later.
 */
async function abandon(client: S3Client, target: { Bucket: string; Key: string }, uploadId?: string): Promise<void> {
  if (uploadId === undefined) return;
  await client.send(new AbortMultipartUploadCommand({ ...target, UploadId: uploadId }), soon()).catch(() => undefined);
}
