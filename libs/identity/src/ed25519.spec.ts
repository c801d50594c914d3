import { generateKeyPairSync, sign } from 'node:crypto';
import type { Ed25519PublicKey } from '@edgeflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { isSignedWith } from './ed25519.js';

/** A key pair, and what signs with it. */
function signer() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'jwk' }) as unknown as Ed25519PublicKey;
  return { key, signatureOf: (text: string): Buffer => sign(null, Buffer.from(text), privateKey) };
}

let own: ReturnType<typeof signer>;
let signature: Buffer;
beforeEach(() => {
  own = signer();
  signature = own.signatureOf('image 7');
});

describe('a text whose signature was verified', () => {
  beforeEach(() => expect(isSignedWith('image 7', signature, own.key)).toBe(true));

  it('is signed still', () => {
    expect(isSignedWith('image 7', signature, own.key)).toBe(true);
  });

  it.each<[string, () => Parameters<typeof isSignedWith>]>([
    ['another text', () => ['image 8', signature, own.key]],
    ['a longer text', () => ['image 77', signature, own.key]],
    ['another signature', () => ['image 7', own.signatureOf('image 8'), own.key]],
    ['a part of the signature', () => ['image 7', signature.subarray(0, 63), own.key]],
    ['another key', () => ['image 7', signature, signer().key]],
  ])('says nothing of %s', (_, other) => {
    expect(isSignedWith(...other())).toBe(false);
  });

  it('says nothing of a key of another kind', () => {
    expect(() => isSignedWith('image 7', signature, { ...own.key, crv: 'X448' as 'Ed25519' })).toThrow();
  });
});

it('is asked again of what was not signed', () => {
  expect(isSignedWith('image 8', signature, own.key)).toBe(false);
  expect(isSignedWith('image 8', signature, own.key)).toBe(false);
  expect(isSignedWith('image 8', own.signatureOf('image 8'), own.key)).toBe(true);
});
