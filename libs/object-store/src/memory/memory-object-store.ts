import { Refused } from '@edgeflow/contracts';
import { unbroken, whileAnswering } from '../answering.js';
import { bucketFailureOf, failureOf, isNotFound, reached } from '../failures.js';
import { ObjectStore, type ByteRange, type ListedObject, type ObjectHead, type OpenUpload } from '../object-store.js';
import type { PutOptions } from '../object-store.js';
import { ROOM, Room } from '../room.js';
import type { MemoryServer } from './memory-server.js';
import { memoryUpload } from './memory-upload.js';
import { partOf } from './part-of.js';
import { Requests, type ClientOptions } from './requests.js';
import type { StoreRequest } from './store-faults.js';

/** A program's access to a bucket of a `MemoryStore`. */
export class MemoryObjectStore extends ObjectStore {
  private readonly room = new Room();

  private readonly requests: Requests;

  /** For `MemoryStore.client`. */
  constructor(
    private readonly server: MemoryServer,
    options: ClientOptions,
  ) {
    super();
    this.requests = new Requests(server, options);
  }

  async ensureBucket(): Promise<void> {
    if (await this.hasBucket()) return;
    await reached(this.requests.makeBucket()).catch((error: unknown) => {
      if ((error as Error).name !== 'BucketAlreadyOwnedByYou') throw error;
    });
  }

  async ready(): Promise<void> {
    if (!(await this.hasBucket())) throw new Refused('storage-unavailable', 'The object store has no such bucket');
    if (this.room.isWanting) await this.tryRoom();
  }

  async put(key: string, body: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    const { clock, part_bytes = 8 * 1024 * 1024 } = this.requests.options;
    const { metadata = {}, content_type = 'application/octet-stream' } = options;
    const about = { metadata, content_type };
    const put = { key, body, about, part_bytes: options.part_bytes ?? part_bytes };
    const stored = whileAnswering(
      (signal) => this.requests.send({ what: 'look-at-bucket', key: '' }, () => undefined, signal),
      (hung) => memoryUpload(this.requests, put, hung),
      { clock },
    );
    await this.room.note(stored);
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    try {
      return await this.requests.ask({ what: 'head', key }, (bucket) => bucket.head(key));
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw failureOf(error);
    }
  }

  async read(key: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array>> {
    const header = range ? `bytes=${range.start}-${range.end ?? ''}` : '';
    const found = this.requests.ask({ what: 'get', key }, (bucket, fault) => {
      const bytes = bucket.bytes(key);
      const { start, end } = partOf(header, bytes.length) ?? { start: 0, end: bytes.length - 1 };
      return { bytes: bytes.subarray(start, end + 1), isAltered: fault === 'altered' };
    });
    const { bytes, isAltered } = await reached(found).catch((error: unknown) => {
      throw isNotFound(error) ? new Refused('not-found', 'There is no such object', {}, { cause: error }) : error;
    });
    const request: StoreRequest = { by: this.requests.options.by, what: 'get', key, bytes: 0 };
    return unbroken(this.server.pieces(bytes, request, isAltered), this.requests.options.clock);
  }

  async remove(key: string): Promise<void> {
    await reached(this.requests.ask({ what: 'remove', key }, (bucket) => bucket.remove(key)));
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    const { page } = this.server;
    for (let after: string | undefined; ;) {
      const listed = await reached(
        this.requests.ask({ what: 'list', key: prefix }, (bucket) => bucket.page(prefix, after, page)),
      );
      yield* listed;
      if (listed.length < page) return;
      after = listed.at(-1)?.key;
    }
  }

  async *openUploads(prefix: string): AsyncIterable<OpenUpload> {
    const { page } = this.server;
    for (let after: string | undefined; ;) {
      const open = await reached(
        this.requests.ask({ what: 'list-uploads', key: prefix }, (bucket) => bucket.uploadsPage(prefix, after, page)),
      );
      yield* open;
      if (open.length < page) return;
      after = open.at(-1)?.upload_id;
    }
  }

  async abortUpload(key: string, upload_id: string): Promise<void> {
    await reached(this.requests.ask({ what: 'abort-upload', key }, (bucket) => bucket.abort(key, upload_id))).catch(
      (error: unknown) => {
        if (!isNotFound(error)) throw error;
      },
    );
  }

  async presignGet(key: string, expires_s: number, at: Date): Promise<{ url: string; expires_at: Date }> {
    return this.server.urls.sign({ bucket: this.requests.options.bucket, key }, expires_s, at);
  }

  close(): void {
    return;
  }

  private async tryRoom(): Promise<void> {
    const about = { metadata: {}, content_type: 'application/octet-stream' };
    const bytes = Buffer.alloc(ROOM.bytes);
    const request = { what: 'put', key: ROOM.key, bytes: bytes.length } as const;
    await this.room.note(reached(this.requests.ask(request, (bucket) => bucket.put(ROOM.key, bytes, about))));
    await this.remove(ROOM.key);
  }

  private async hasBucket(): Promise<boolean> {
    try {
      await this.requests.ask({ what: 'look-at-bucket', key: '' }, () => undefined);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw bucketFailureOf(error, this.requests.options.bucket);
    }
  }
}
