import { createHash } from 'node:crypto';
import { Refused } from '@edgeflow/contracts';
import type { Measured } from '@edgeflow/firmware';
import { uploadedBytes } from '../registry.metrics.js';

/** How an image is measured. */
export interface Measuring {
  /** The largest image that is let through, in bytes. */
  max_bytes: number;
  /** True for SHA-1 and MD5 too, which DDI clients ask for (ADR 0052). MD5 alone costs more than twice what SHA-256 does. */
  for_ddi: boolean;
  /** Hears the result after the last byte; what it throws is how the stream ends, so that nobody takes the image for complete. */
  accept: (image: Measured) => void;
}

/**
 * Passes an image on and measures it on the way: size, SHA-256, and what DDI clients need. It holds one chunk at a time.
 * @throws Refused `upload-too-large`, or what `image` or `accept` throws
 */
export async function* measured(
  image: AsyncIterable<Uint8Array>,
  { max_bytes, for_ddi, accept }: Measuring,
): AsyncGenerator<Uint8Array> {
  const sha256 = createHash('sha256');
  const others = for_ddi ? { sha1: createHash('sha1'), md5: createHash('md5') } : {};
  const hashes = [sha256, ...Object.values(others)];
  let size = 0;
  for await (const chunk of image) {
    size += chunk.length;
    uploadedBytes.inc(chunk.length);
    if (size > max_bytes) throw tooLarge(max_bytes);
    for (const hash of hashes) hash.update(chunk);
    yield chunk;
  }
  const more = Object.entries(others).map(([name, hash]) => [name, hash.digest('hex')]);
  accept({ sha256: sha256.digest('hex'), size, ...Object.fromEntries(more) });
}

/** Reads an image that is refused anyway, for what comes behind it. @throws Refused `field-order` for a field there, `upload-too-large` */
export async function readThrough(image: AsyncIterable<Uint8Array>, max_bytes: number): Promise<void> {
  let size = 0;
  for await (const chunk of image) {
    size += chunk.length;
    if (size > max_bytes) throw tooLarge(max_bytes);
  }
}

/** The refusal of an image above the limit. */
export function tooLarge(max_bytes: number): Refused {
  return new Refused('upload-too-large', `The image has more than ${max_bytes} bytes.`, { max_bytes });
}
