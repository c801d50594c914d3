import type { Clock } from '@edgeflow/runtime';
import { ANSWER_MS } from '../answering.js';
import { isFull } from '../failures.js';
import { cutBy } from './cut-by.js';
import type { MemoryBucket } from './memory-bucket.js';
import type { MemoryServer } from './memory-server.js';
import { StoreAnswer } from './store-answer.js';
import type { StoreFault, StoreRequest } from './store-faults.js';

export interface ClientOptions {
  /** Whose client it is, for the fault port. */
  by: string;
  bucket: string;
  /** Of the program, by which an answer is late. */
  clock: Clock;
  /** Size of a part of an upload in bytes; default 8 MiB. A real store takes no fewer than 5 MiB. */
  part_bytes?: number;
}

/** So often a request is sent that fails, as the SDK does (s3-client.ts): what was done and not answered is done again. */
const TRIES = 4;

/** What a request is to do at the store, given what goes wrong with it. */
export type Effect<T> = (bucket: MemoryBucket, fault: StoreFault | undefined) => T;

/** A request as far as its sender says it. */
type Asked = Pick<StoreRequest, 'what' | 'key'> & { bytes?: number };

/** What a program asks of its store: each request is sent again where the SDK would. */
export class Requests {
  constructor(
    readonly server: MemoryServer,
    readonly options: ClientOptions,
  ) {}

  /**
   * Sends a request, and again while it is not answered or the store is too busy.
   * @throws StoreAnswer, StoreCut, or the signal's reason
   */
  send<T>({ what, key, bytes = 0 }: Asked, effect: Effect<T>, signal: AbortSignal): Promise<T> {
    const { by, bucket } = this.options;
    return this.again(signal, () =>
      this.server.request({ by, what, key, bytes }, (fault) => effect(this.server.bucket(bucket), fault)),
    );
  }

  /** The same for a small question, which is answered soon or not at all. */
  ask<T>(request: Asked, effect: Effect<T>): Promise<T> {
    return this.inTime((signal) => this.send(request, effect, signal));
  }

  /** Makes the bucket. */
  makeBucket(): Promise<void> {
    const { by, bucket } = this.options;
    const request: StoreRequest = { by, what: 'make-bucket', key: '', bytes: 0 };
    return this.inTime((signal) =>
      this.again(signal, () => this.server.request(request, () => this.server.makeBucket(bucket))),
    );
  }

  private async inTime<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const stop = this.options.clock.after(ANSWER_MS, () => late.abort(new DOMException('too late', 'TimeoutError')));
    return work(late.signal).finally(stop);
  }

  private async again<T>(signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return await cutBy(signal, request());
      } catch (error) {
        signal.throwIfAborted();
        const isFinal = error instanceof StoreAnswer && (error.status < 500 || isFull(error));
        if (isFinal || left === 0) throw error;
      }
    }
  }
}
