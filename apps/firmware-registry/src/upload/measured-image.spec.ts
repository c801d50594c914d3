import { describe, expect, it } from 'vitest';
import { Refused } from '@edgeflow/contracts';
import type { Measured } from '@edgeflow/firmware';
import { measured, type Measuring } from './measured-image.js';

async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

/** Reads the whole stream; what came through and what was measured. */
async function read(
  parts: string[],
  { max_bytes = 100, for_ddi = false, accept = () => undefined }: Partial<Measuring> = {},
) {
  const results: Measured[] = [];
  const passed: Uint8Array[] = [];
  const stream = measured(chunks(...parts), {
    max_bytes,
    for_ddi,
    accept: (image) => {
      results.push(image);
      accept(image);
    },
  });
  for await (const chunk of stream) passed.push(chunk);
  return { text: Buffer.concat(passed).toString(), results };
}

describe('an image that is measured on its way', () => {
  it('comes through as it is, with the hashes of its bytes (RFC 1321, RFC 6234: "abc")', async () => {
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await read(['a', '', 'bc'])).toEqual({ text: 'abc', results: [{ sha256, size: 3 }] });
    const more = { sha1: 'a9993e364706816aba3e25717850c26c9cd0d89d', md5: '900150983cd24fb0d6963f7d28e17f72' };
    const results = [{ sha256, size: 3, ...more }];
    expect(await read(['a', '', 'bc'], { for_ddi: true })).toEqual({ text: 'abc', results });
  });

  it('may have as many bytes as the limit says, and not one more', async () => {
    expect((await read(['abc', 'de'], { max_bytes: 5 })).text).toBe('abcde');
    const late = read(['abc', 'def'], { max_bytes: 5 });
    await expect(late).rejects.toMatchObject({ code: 'upload-too-large', facts: { max_bytes: 5 } });
  });

  it('ends in the refusal of whoever hears the result', async () => {
    const refuse = () => {
      throw new Refused('checksum-mismatch');
    };
    await expect(read(['abc'], { accept: refuse })).rejects.toMatchObject({ code: 'checksum-mismatch' });
  });
});
