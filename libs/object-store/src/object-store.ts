import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { Refused } from '@edgeflow/contracts';
import { ANSWER_MS, moving, soon, whileAnswering } from './answering.js';
import { publicEndpointOf, type ObjectStoreConfig } from './config.js';
import { bucketFailureOf, failureOf, isNotFound, reached } from './failures.js';
import { listObjects, listOpenUploads, type ListedObject, type OpenUpload } from './listing.js';
import { s3Client } from './s3-client.js';
import { upload, type PutOptions } from './upload.js';

/** One week, what Signature Version 4 allows. */
const MAX_EXPIRES_S = 604_800;

/** What is known of an object without reading it. */
export interface ObjectHead {
  /** In bytes. */
  size: number;
  metadata: Record<string, string>;
  /** Hexadecimal; only when the store itself attests the SHA-256 of the whole object. */
  sha256?: string;
}

/** One bucket of an S3-compatible store. Network trouble and answers of 5xx become Refused `storage-unavailable`. */
export class ObjectStore {
  private readonly client: S3Client;
  private readonly bucket: string;
  private presigner: S3Client | undefined;

  /** @throws InsecurePublicEndpoint when `public_endpoint` is given and not https */
  constructor(private readonly config: ObjectStoreConfig) {
    if (config.public_endpoint !== undefined) publicEndpointOf(config);
    this.client = s3Client(config, config.endpoint);
    this.bucket = config.bucket;
  }

  /** Creates the bucket unless it is there. @throws Refused `storage-unavailable` @throws StoreRefused */
  async ensureBucket(): Promise<void> {
    if (await this.hasBucket()) return;
    await reached(this.client.send(new CreateBucketCommand({ Bucket: this.bucket }), soon())).catch(
      (error: unknown) => {
        // Another process was faster.
        if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
      },
    );
  }

  /** Resolves when the store answers and has the bucket. @throws Refused `storage-unavailable` @throws StoreRefused */
  async ready(): Promise<void> {
    if (!(await this.hasBucket())) throw new Refused('storage-unavailable', 'The object store has no such bucket');
  }

  /**
   * Streams a body into an object, in constant memory. The object appears whole or, on any failure, not at all. It may take as long as it
   * likes while the store answers other questions.
   * @throws the body's own error when the body fails, Refused `storage-unavailable`
   */
  async put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    const there = new HeadBucketCommand({ Bucket: this.bucket });
    await whileAnswering(
      (abortSignal) => this.client.send(there, { abortSignal }),
      (hung) => upload(this.client, this.at(key), body, { ...options, signal: hung }),
    );
  }

  /** Size, metadata and, where the store attests it, the SHA-256 of an object; undefined when there is none. */
  async head(key: string): Promise<ObjectHead | undefined> {
    try {
      const command = new HeadObjectCommand({ ...this.at(key), ChecksumMode: 'ENABLED' });
      const answer = await this.client.send(command, soon());
      return { size: answer.ContentLength ?? 0, metadata: answer.Metadata ?? {}, ...attestedSha256(answer) };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw failureOf(error);
    }
  }

  /**
   * The bytes of an object.
   * @param range in bytes, both ends included, as in HTTP
   * @throws Refused `not-found`; the stream itself fails with Refused `storage-unavailable` when the connection breaks
   */
  async read(key: string, range?: { start: number; end?: number }): Promise<Readable> {
    const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
    const asked = new AbortController();
    // Until the answer begins; how long its body takes is the reader's.
    const late = setTimeout(() => asked.abort(), ANSWER_MS);
    const command = new GetObjectCommand({ ...this.at(key), Range });
    const { Body } = await reached(this.client.send(command, { abortSignal: asked.signal }))
      .catch((error: unknown) => {
        throw isNotFound(error) ? new Refused('not-found', 'There is no such object', {}, { cause: error }) : error;
      })
      .finally(() => clearTimeout(late));
    return Readable.from(unbroken(Body as AsyncIterable<Uint8Array>), { objectMode: false });
  }

  /** Removes an object; one that is not there counts as removed. */
  async remove(key: string): Promise<void> {
    await reached(this.client.send(new DeleteObjectCommand(this.at(key)), soon()));
  }

  /** The objects whose keys begin with `prefix`, in the order of their keys. */
  list(prefix: string): AsyncIterable<ListedObject> {
    return listObjects(this.client, { Bucket: this.bucket, Prefix: prefix });
  }

  /** The multipart uploads under `prefix` that nobody ended, e.g. because their process was killed. */
  openUploads(prefix: string): AsyncIterable<OpenUpload> {
    return listOpenUploads(this.client, { Bucket: this.bucket, Prefix: prefix });
  }

  /** Ends a multipart upload and frees its parts; one that has ended counts as aborted. */
  async abortUpload(key: string, upload_id: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ ...this.at(key), UploadId: upload_id });
    await reached(this.client.send(command, soon())).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  /**
   * A URL at the public endpoint with which anybody may GET this object until it expires. No request is made.
   * @param expires_s seconds from now, 1 to 604,800
   * @throws InsecurePublicEndpoint when the URL would not be https, RangeError
   */
  async presignGet(key: string, expires_s: number): Promise<{ url: string; expires_at: Date }> {
    if (!Number.isInteger(expires_s) || expires_s < 1 || expires_s > MAX_EXPIRES_S)
      throw new RangeError(`a presigned URL lives 1 to ${MAX_EXPIRES_S} seconds, not ${expires_s}`);
    this.presigner ??= s3Client(this.config, publicEndpointOf(this.config));
    // Signatures count whole seconds.
    const signingDate = new Date(Math.floor(Date.now() / 1000) * 1000);
    const url = await getSignedUrl(this.presigner, new GetObjectCommand(this.at(key)), {
      expiresIn: expires_s,
      signingDate,
    });
    return { url, expires_at: new Date(signingDate.getTime() + expires_s * 1000) };
  }

  /** Closes idle connections. */
  close(): void {
    this.client.destroy();
    this.presigner?.destroy();
  }

  private async hasBucket(): Promise<boolean> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.bucket }), soon());
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

/** A body that broke off on its way is the store's failure, in the words of all its failures. */
async function* unbroken(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* moving(body);
  } catch (error) {
    throw failureOf(error);
  }
}
