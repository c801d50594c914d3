import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeAwsChunked } from './aws-chunked.js';

describe('an aws-chunked body', () => {
  it('is the same however it was cut, into chunks and on the network', async () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.integer({ min: 1, max: 40 }), async (chunks, step) => {
        const framed = Buffer.concat([
          ...chunks.map(framedChunk),
          Buffer.from('0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
        ]);
        const trailers = new Map<string, string>();
        const body = await collect(decodeAwsChunked(cut(framed, step), trailers));
        expect(body.equals(Buffer.concat(chunks))).toBe(true);
        expect([...trailers]).toEqual([['x-amz-checksum-crc32', 'AAAAAA==']]);
      }),
    );
  });
  it.each([
    ['cut in a chunk', '5\r\nabc'],
    ['cut before its trailers end', '0\r\nx-amz-checksum-crc32:AAAAAA==\r\n'],
    ['with a chunk longer than stated', '3\r\nabcd\r\n0\r\n\r\n'],
    ['with a size that is no number', 'zz\r\nabc\r\n0\r\n\r\n'],
    ['with a negative size', '-1\r\n\r\n0\r\n\r\n'],
    ['with a head without end', '0'.repeat(100_000)],
    ['with a trailer that is no header', '0\r\nnonsense\r\n\r\n'],
    [
      'with trailers without end',
      `0\r\n${'a:b\r\n'.repeat(1)}${Array.from({ length: 20 }, (_, n) => `h${n}:v\r\n`).join('')}\r\n`,
    ],
    ['that is not framed at all', 'plain bytes'],
  ])('%s is refused', async (_, text) => {
    const body = collect(decodeAwsChunked(cut(Buffer.from(text), 4096), new Map()));
    await expect(body).rejects.toMatchObject({ code: 'IncompleteBody' });
  });
});

function framedChunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

async function* cut(bytes: Buffer, step: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

async function collect(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
