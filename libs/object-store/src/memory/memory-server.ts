import type { Clock } from '@edgeflow/runtime';
import { MemoryBucket } from './memory-bucket.js';
import { pieces } from './pieces.js';
import { PresignedUrls } from './presigned-urls.js';
import { StoreAnswer, StoreCut } from './store-answer.js';
import { noStoreFaults, type StoreFault, type StoreFaults, type StoreRequest } from './store-faults.js';

export interface MemoryStoreOptions {
  /** The store's own: by it objects get their times, and URLs expire. */
  clock: Pick<Clock, 'now'>;
  /** Default: nothing goes wrong, and everything is answered at once. */
  faults?: StoreFaults;
  /** So many keys are in a page of a listing; default 1,000, as of Amazon S3. */
  page?: number;
  /** Of which objects it attests the SHA-256. Amazon S3: those of one request, the default; radosgw: none; the embedded endpoint: all. */
  attests?: 'none' | 'single' | 'all';
  /** So many bytes of a body are handed out at a time; default 64 KiB. */
  piece_bytes?: number;
  /** What presigned URLs name. */
  origin?: string;
}

/** What would store something. */
const WRITES: readonly StoreRequest['what'][] = ['put', 'begin-upload', 'put-part', 'complete-upload'];
/** What is about an object that has to be there. */
const READS: readonly StoreRequest['what'][] = ['head', 'get', 'download'];

/** The server of a `MemoryStore`: its buckets, and what becomes of a request to them. */
export class MemoryServer {
  readonly urls: PresignedUrls;
  readonly faults: StoreFaults;
  /** Keys in a page of a listing. */
  readonly page: number;
  private readonly piece_bytes: number;
  private readonly buckets = new Map<string, MemoryBucket>();

  constructor(private readonly options: MemoryStoreOptions) {
    const { faults = noStoreFaults, origin = 'https://images.memory', page = 1_000, piece_bytes = 64 * 1024 } = options;
    this.faults = faults;
    this.page = page;
    this.piece_bytes = piece_bytes;
    this.urls = new PresignedUrls(origin, 'the secret of a model');
  }

  /** The bytes of an answer, piece by piece, as they come through. @throws StoreCut when one does not */
  pieces(bytes: Buffer, request: StoreRequest, isAltered: boolean): AsyncGenerator<Buffer> {
    const { faults, piece_bytes } = this;
    return pieces(bytes, request, { faults, isAltered, piece_bytes });
  }

  /** What time it is by the store's clock. */
  now(): Date {
    return this.options.clock.now();
  }

  /** @throws StoreAnswer `BucketAlreadyOwnedByYou` */
  makeBucket(name: string): void {
    if (this.buckets.has(name)) throw new StoreAnswer('BucketAlreadyOwnedByYou', 409);
    this.buckets.set(name, new MemoryBucket(() => this.now(), this.options.attests ?? 'single'));
  }

  /** @throws StoreAnswer `NoSuchBucket` */
  bucket(name: string): MemoryBucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new StoreAnswer('NoSuchBucket', 404);
    return bucket;
  }

  /**
   * One request from its sending to its answer.
   * @param effect what the store does, at one moment
   * @throws StoreAnswer, or StoreCut where the answer is lost
   */
  async request<T>(request: StoreRequest, effect: (fault: StoreFault | undefined) => T): Promise<T> {
    const fault = await this.faults.arrives(request);
    const done = this.attempt(request, fault, effect);
    if ((await this.faults.answered(request)) === 'lost') throw new StoreCut();
    if ('refusal' in done) throw done.refusal;
    return done.value;
  }

  private attempt<T>(
    { what }: StoreRequest,
    fault: StoreFault | undefined,
    effect: (fault: StoreFault | undefined) => T,
  ): { value: T } | { refusal: unknown } {
    try {
      if (fault === 'unavailable') throw new StoreAnswer('ServiceUnavailable', 503);
      if (fault === 'full' && WRITES.includes(what)) throw new StoreAnswer('InsufficientStorage', 507);
      if (fault === 'missing' && READS.includes(what)) throw new StoreAnswer('NoSuchKey', 404);
      return { value: effect(fault) };
    } catch (refusal) {
      return { refusal };
    }
  }
}
