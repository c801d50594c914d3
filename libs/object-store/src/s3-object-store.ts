import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Refused } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { ANSWER_MS, soon, unbroken, whileAnswering } from './answering.js';
import { publicEndpointOf, type ObjectStoreConfig } from './config.js';
import { bucketFailureOf, failureOf, isNotFound, reached } from './failures.js';
import { listObjects, listOpenUploads } from './listing.js';
import {
  ObjectStore,
  type ByteRange,
  type ListedObject,
  type ObjectHead,
  type OpenUpload,
  type PutOptions,
} from './object-store.js';
import { presignedLife } from './presigned-life.js';
import { ROOM, Room } from './room.js';
import { s3Client } from './s3-client.js';
import { upload } from './upload.js';

/** One bucket of an S3-compatible store. Network trouble and answers of 5xx become Refused `storage-unavailable`. */
export class S3ObjectStore extends ObjectStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private presigner: S3Client | undefined;
  private readonly room = new Room();

  /** @throws InsecurePublicEndpoint when `public_endpoint` is given and not https */
  constructor(
    private readonly config: ObjectStoreConfig,
    private readonly clock: Clock,
  ) {
    super();
    if (config.public_endpoint !== undefined) publicEndpointOf(config);
    this.client = s3Client(config, config.endpoint);
    this.bucket = config.bucket;
  }

  async ensureBucket(): Promise<void> {
    if (await this.hasBucket()) return;
    await reached(this.client.send(new CreateBucketCommand({ Bucket: this.bucket }), soon(this.clock))).catch(
      (error: unknown) => {
        // Another process was faster.
        if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
      },
    );
  }

  async ready(): Promise<void> {
    if (!(await this.hasBucket())) throw new Refused('storage-unavailable', 'The object store has no such bucket');
    if (this.room.isWanting) await this.tryRoom();
  }

  async put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    const there = new HeadBucketCommand({ Bucket: this.bucket });
    const stored = whileAnswering(
      (abortSignal) => this.client.send(there, { abortSignal }),
      (hung) => upload(this.asking, this.at(key), body, { ...options, signal: hung }),
      { clock: this.clock },
    );
    await this.room.note(stored);
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    try {
      const command = new HeadObjectCommand({ ...this.at(key), ChecksumMode: 'ENABLED' });
      const answer = await this.client.send(command, soon(this.clock));
      return { size: answer.ContentLength ?? 0, metadata: answer.Metadata ?? {}, ...attestedSha256(answer) };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw failureOf(error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
    const asked = new AbortController();
    // Until the answer begins; how long its body takes is the reader's.
    const answered = this.clock.after(ANSWER_MS, () => asked.abort());
    const command = new GetObjectCommand({ ...this.at(key), Range });
    const { Body } = await reached(this.client.send(command, { abortSignal: asked.signal }))
      .catch((error: unknown) => {
        throw isNotFound(error) ? new Refused('not-found', 'There is no such object', {}, { cause: error }) : error;
      })
      .finally(answered);
    return unbroken(Body as AsyncIterable<Uint8Array>, this.clock);
  }

  async remove(key: string): Promise<void> {
    await reached(this.client.send(new DeleteObjectCommand(this.at(key)), soon(this.clock)));
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return listObjects(this.asking, { Bucket: this.bucket, Prefix: prefix });
  }

  openUploads(prefix: string): AsyncIterable<OpenUpload> {
    return listOpenUploads(this.asking, { Bucket: this.bucket, Prefix: prefix });
  }

  async abortUpload(key: string, upload_id: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.at(key), UploadId: upload_id });
    await reached(this.client.send(command, soon(this.clock))).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  async presignGet(key: string, expires_s: number, at: Date): Promise<{ url: string; expires_at: Date }> {
    const { signed_at, expires_at } = presignedLife(expires_s, at);
    this.presigner ??= s3Client(this.config, publicEndpointOf(this.config));
    const url = await getSignedUrl(this.presigner, new GetObjectCommand(this.at(key)), {
      expiresIn: expires_s,
      signingDate: signed_at,
    });
    return { url, expires_at };
  }

  close(): void {
    this.client.destroy();
    this.presigner?.destroy();
  }

  private get asking(): { client: S3Client; clock: Clock } {
    return { client: this.client, clock: this.clock };
  }

  private async tryRoom(): Promise<void> {
    const object = { ...this.at(ROOM.key), Body: Buffer.alloc(ROOM.bytes) };
    await this.room.note(reached(this.client.send(new PutObjectCommand(object), soon(this.clock))));
    await this.remove(ROOM.key);
  }

  private async hasBucket(): Promise<boolean> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), soon(this.clock));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw bucketFailureOf(error, this.bucket);
    }
  }

  private at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: key };
  }
}

/** The checksum of a multipart object may be one over its parts' checksums (type COMPOSITE): of no use for the whole image. */
function attestedSha256({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput): { sha256?: string } {
  if (ChecksumSHA256 === undefined || ChecksumType === 'COMPOSITE' || ChecksumSHA256.includes('-')) return {};
  return { sha256: Buffer.from(ChecksumSHA256, 'base64').toString('hex') };
}
