import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { cutBy } from './cut-by.js';
import type { MemoryServer } from './memory-server.js';
import { partOf } from './part-of.js';
import { StoreAnswer, StoreCut } from './store-answer.js';
import type { StoreRequest } from './store-faults.js';

/** What a device sends for an image. */
export interface DownloadRequest {
  /** Who asks, for the fault port. */
  by: string;
  url: URL;
  headers?: OutgoingHttpHeaders;
  signal: AbortSignal;
}

/** What of an `IncomingMessage` readers of images look at. */
export interface DownloadAnswer extends AsyncIterable<Buffer> {
  statusCode: number;
  headers: IncomingHttpHeaders;
  /** The reader wants no more of it. */
  destroy(): void;
}

/** The head of an answer, and the bytes that are its body. */
interface Head {
  statusCode: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  isAltered: boolean;
}

/** One GET by a presigned URL (RFC 9110, section 14, for its ranges). */
export class Download {
  private readonly stopped = new AbortController();

  constructor(
    private readonly server: MemoryServer,
    private readonly request: DownloadRequest,
  ) {}

  async answer(): Promise<DownloadAnswer> {
    const { by, signal } = this.request;
    signal.throwIfAborted();
    const place = this.place();
    const request: StoreRequest = { by, what: 'download', key: place?.key ?? '', bytes: 0 };
    const { bytes, isAltered, ...head } = await cutBy(signal, this.head(request));
    const body = this.untilStopped(this.server.pieces(bytes, request, isAltered));
    return { ...head, destroy: () => this.stopped.abort(new StoreCut()), [Symbol.asyncIterator]: () => body };
  }

  private async head(request: StoreRequest): Promise<Head> {
    try {
      // Judged when it arrives, which may be long after it was sent.
      return await this.server.request(request, (fault) => ({ ...this.found(), isAltered: fault === 'altered' }));
    } catch (error) {
      if (error instanceof StoreAnswer) return { ...refusal(error), isAltered: false };
      throw error;
    }
  }

  private place(): { bucket: string; key: string } | undefined {
    const judged = this.server.urls.judge(this.request.url, this.server.now());
    return typeof judged === 'string' ? undefined : judged;
  }

  private found(): Omit<Head, 'isAltered'> {
    const judged = this.server.urls.judge(this.request.url, this.server.now());
    if (typeof judged === 'string') throw new StoreAnswer(judged, 403);
    const bucket = this.server.bucket(judged.bucket);
    const bytes = bucket.bytes(judged.key);
    const type = { 'content-type': bucket.contentType(judged.key), 'accept-ranges': 'bytes' };
    const part = partOf(String(this.request.headers?.['range'] ?? ''), bytes.length);
    if (!part) return { statusCode: 200, headers: { ...type, 'content-length': String(bytes.length) }, bytes };
    const { start, end } = part;
    const length = String(end - start + 1);
    const range = `bytes ${start}-${end}/${bytes.length}`;
    const headers = { ...type, 'content-length': length, 'content-range': range };
    return { statusCode: 206, headers, bytes: bytes.subarray(start, end + 1) };
  }

  private async *untilStopped(body: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    const stop = AbortSignal.any([this.request.signal, this.stopped.signal]);
    for (;;) {
      stop.throwIfAborted();
      const next = await cutBy(stop, body.next());
      if (next.done) return;
      yield next.value;
    }
  }
}

function refusal({ name, status }: StoreAnswer): Omit<Head, 'isAltered'> {
  const bytes = Buffer.from(`<Error><Code>${name}</Code></Error>`);
  const headers = { 'content-type': 'application/xml', 'content-length': String(bytes.length) };
  return { statusCode: status, headers, bytes };
}
