import { describe, expect, it } from 'vitest';
import { faultOf } from './image.js';

const sha256 = 'a'.repeat(64);
const image = { key: 'firmware/acme/2.0.0/a.bin', size: 1024, sha256 };
const stored = { size: 1024, metadata: { sha256 } };

describe('an image in the object store', () => {
  it('may be offered when size and hashes are those of the dispatch', () => {
    expect(faultOf(stored, image)).toBeUndefined();
    expect(faultOf({ ...stored, sha256 }, image)).toBeUndefined();
  });

  it('may be missing', () => {
    expect(faultOf(undefined, image)?.code).toBe('image-missing');
  });

  it.each([
    ['another size', { ...stored, size: 1025 }],
    ['another hash beside it', { ...stored, metadata: { sha256: 'b'.repeat(64) } }],
    ['no hash beside it', { ...stored, metadata: {} }],
    ['another hash by the store', { ...stored, sha256: 'b'.repeat(64) }],
  ])('is corrupt with %s', (_, object) => {
    expect(faultOf(object, image)?.code).toBe('image-corrupt');
  });
});
