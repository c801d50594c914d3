import { failureOf } from '../failures.js';
import { turned, type Attributes } from './memory-bucket.js';
import { cutBy } from './cut-by.js';
import type { Requests } from './requests.js';

interface Put {
  key: string;
  body: AsyncIterable<Uint8Array>;
  about: Attributes;
  part_bytes: number;
}

/** How the body itself failed, which is told from the failures of the store. */
class BodyFailed extends Error {}

/**
 * Stores a body as upload.ts has the SDK do it: one that fits in a part by one request, another one by parts. On a failure what it has
 * begun is aborted, if the store lets it; one that hangs is not waited for.
 */
export async function memoryUpload(requests: Requests, put: Put, hung: AbortSignal): Promise<void> {
  try {
    const parts = inParts(put.body, put.part_bytes, hung);
    const first = await parts.next();
    const second = first.done ? first : await parts.next();
    if (first.done || second.done) await whole(requests, put, first.done ? Buffer.alloc(0) : first.value, hung);
    else await byParts(requests, put, joined(first.value, second.value, parts), hung);
  } catch (error) {
    throw error instanceof BodyFailed ? error.cause : failureOf(error);
  }
}

async function whole(requests: Requests, { key, about }: Put, bytes: Buffer, hung: AbortSignal): Promise<void> {
  const request = { what: 'put', key, bytes: bytes.length } as const;
  await requests.send(
    request,
    (bucket, fault) => bucket.put(key, bytes, about, fault === 'altered' ? turned(bytes, 0) : bytes),
    hung,
  );
}

async function byParts(
  requests: Requests,
  { key, about }: Put,
  parts: AsyncIterable<Buffer>,
  hung: AbortSignal,
): Promise<void> {
  const id = await requests.send({ what: 'begin-upload', key }, (bucket) => bucket.begin(key, about), hung);
  try {
    let number = 0;
    for await (const bytes of parts) {
      number += 1;
      const [at, request] = [number, { what: 'put-part', key, bytes: bytes.length } as const];
      await requests.send(
        request,
        (bucket, fault) => bucket.putPart(key, id, at, fault === 'altered' ? turned(bytes, 0) : bytes),
        hung,
      );
    }
    await requests.send({ what: 'complete-upload', key }, (bucket) => bucket.complete(key, id), hung);
  } catch (error) {
    const abandoned = requests
      .ask({ what: 'abort-upload', key }, (bucket) => bucket.abort(key, id))
      .catch(() => undefined);
    if (!hung.aborted) await abandoned;
    throw error;
  }
}

async function* joined(first: Buffer, second: Buffer, more: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield second;
  yield* more;
}

/** A body in parts of a size. */
async function* inParts(
  body: AsyncIterable<Uint8Array>,
  part_bytes: number,
  hung: AbortSignal,
): AsyncGenerator<Buffer> {
  const reader = body[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  try {
    for (;;) {
      const next = await cutBy(
        hung,
        reader.next().catch((cause: unknown) => {
          throw new BodyFailed('the body failed', { cause });
        }),
      );
      if (next.done) break;
      held = Buffer.concat([held, next.value]);
      while (held.length > part_bytes) {
        yield held.subarray(0, part_bytes);
        held = held.subarray(part_bytes);
      }
    }
    if (held.length > 0) yield held;
  } finally {
    // One that hangs is not waited for.
    void reader.return?.().catch(() => undefined);
  }
}
