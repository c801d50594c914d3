import { createHash, generateKeyPairSync } from 'node:crypto';
import type { Ed25519PublicKey } from '@edgeflow/contracts';
import type { JWK } from 'jose';

/** A key pair that signs firmware. */
export interface SigningKey {
  kid: string;
  /** With its private half, for the publisher alone. */
  jwk: JWK;
  public_key: Ed25519PublicKey;
}

/** A new key pair. @param kid what to call it; default: its thumbprint (RFC 7638) */
export async function newSigningKey(kid?: string): Promise<SigningKey> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK;
  return signingKeyOf(kid === undefined ? jwk : { ...jwk, kid });
}

/**
 * The key pair of a private JWK.
 * @throws Error when it is no private Ed25519 key
 */
export async function signingKeyOf(jwk: JWK): Promise<SigningKey> {
  const { kty, crv, x, d } = jwk;
  if (kty !== 'OKP' || crv !== 'Ed25519' || !x || !d) throw new Error('a private Ed25519 JWK is needed');
  const public_key: Ed25519PublicKey = { kty: 'OKP', crv: 'Ed25519', x };
  const kid = jwk.kid ?? thumbprintOf(public_key);
  return { kid, jwk: { kty, crv, x, d, kid }, public_key };
}

/** RFC 7638 with the members that RFC 8037, appendix A.3, names: in this order, without blanks. */
function thumbprintOf({ crv, kty, x }: Ed25519PublicKey): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url');
}
