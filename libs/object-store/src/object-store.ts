/** What is known of an object without reading it. */
export interface ObjectHead {
  /** In bytes. */
  size: number;
  metadata: Record<string, string>;
  /** Hexadecimal; only when the store itself attests the SHA-256 of the whole object. */
  sha256?: string;
}

export interface ListedObject {
  key: string;
  /** In bytes. */
  size: number;
  modified_at: Date;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface OpenUpload {
  key: string;
  upload_id: string;
  started_at: Date;
}

export interface PutOptions {
  /** User metadata: ASCII names and values. */
  metadata?: Record<string, string>;
  content_type?: string;
  /** Size of a part in bytes, at least 5 MiB; a body that fits in one is sent in one request. Default 8 MiB. */
  part_bytes?: number;
}

/** In bytes, both ends included, as in HTTP. */
export interface ByteRange {
  start: number;
  end?: number;
}

/**
 * One bucket of firmware images, whatever keeps it: `S3ObjectStore` in production. One per process. Trouble on the way to it, and with
 * it, is Refused `storage-unavailable`. Every implementation passes the suite of store-conformance.fixture.ts.
 */
export abstract class ObjectStore {
  /** Creates the bucket unless it is there. @throws Refused `storage-unavailable` @throws StoreRefused */
  abstract ensureBucket(): Promise<void>;

  /**
   * Resolves when the store answers and has the bucket, and, after it had no room for an object, has room again.
   * @throws Refused `storage-unavailable` @throws StoreRefused
   */
  abstract ready(): Promise<void>;

  /**
   * Streams a body into an object, in constant memory. The object appears whole or, on any failure, not at all; where the answer alone is
   * lost it may be there, whole. It may take as long as it likes while the store answers other questions.
   * @throws the body's own error when the body fails, Refused `storage-unavailable`
   */
  abstract put(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void>;

  /** Size, metadata and, where the store attests it, the SHA-256 of an object; undefined when there is none. */
  abstract head(key: string): Promise<ObjectHead | undefined>;

  /**
   * The bytes of an object, piece by piece.
   * @throws Refused `not-found`; the pieces themselves fail with Refused `storage-unavailable` when the connection breaks
   */
  abstract read(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;

  /** Removes an object; one that is not there counts as removed. */
  abstract remove(key: string): Promise<void>;

  /** The objects whose keys begin with `prefix`, in the order of their keys. */
  abstract list(prefix: string): AsyncIterable<ListedObject>;

  /** The multipart uploads under `prefix` that nobody ended, e.g. because their process was killed. */
  abstract openUploads(prefix: string): AsyncIterable<OpenUpload>;

  /** Ends a multipart upload and frees its parts; one that has ended counts as aborted. */
  abstract abortUpload(key: string, upload_id: string): Promise<void>;

  /**
   * A URL at the public endpoint with which anybody may GET this object until it expires. No request is made.
   * @param expires_s seconds from `at`, 1 to 604,800
   * @param at when it is signed; by a clock that is not the store's it begins too late, or ends too early
   * @throws InsecurePublicEndpoint when the URL would not be https, RangeError
   */
  abstract presignGet(key: string, expires_s: number, at: Date): Promise<{ url: string; expires_at: Date }>;

  /** Closes idle connections. */
  abstract close(): void;
}
