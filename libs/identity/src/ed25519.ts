import { createPublicKey, hash, verify, type KeyObject } from 'node:crypto';
import type { Ed25519PublicKey } from '@edgeflow/contracts';

/** Keys as node:crypto has them, each of which is looked at twice when its device comes, and again when it comes back. */
const keyObjects = new Map<string, KeyObject>();
const KEY_OBJECTS_MAX = 10_000;

/** Digests of what was found to be signed. Nothing else is kept, so that no stranger drives it out. */
const signed = new Set<string>();
const SIGNED_MAX = 10_000;

/**
 * Whether a key signed a text: Ed25519 as in RFC 8032, in the call, and on no other thread. What is signed stays so: a manifest, or a token that
 * is looked at twice, is verified once.
 * @throws Error when the key is none
 */
export function isSignedWith(text: string, signature: Uint8Array, key: Ed25519PublicKey): boolean {
  const { kty, crv, x } = key;
  const digest = hash('sha256', JSON.stringify([kty, crv, x, Buffer.from(signature).toString('base64'), text]));
  if (signed.has(digest)) return true;
  if (!verify(null, Buffer.from(text), keyObjectOf(key), signature)) return false;
  if (signed.size >= SIGNED_MAX) signed.clear();
  signed.add(digest);
  return true;
}

function keyObjectOf({ kty, crv, x }: Ed25519PublicKey): KeyObject {
  const name = `${kty} ${crv} ${x}`;
  const known = keyObjects.get(name) ?? createPublicKey({ key: { kty, crv, x }, format: 'jwk' });
  if (keyObjects.size >= KEY_OBJECTS_MAX) keyObjects.clear();
  keyObjects.set(name, known);
  return known;
}
