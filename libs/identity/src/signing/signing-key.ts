import type { Ed25519PublicKey } from '@edgeflow/contracts';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';

/** A key pair that signs firmware. */
export interface SigningKey {
  kid: string;
  /** With its private half, for the publisher alone. */
  jwk: JWK;
  public_key: Ed25519PublicKey;
}

/** A new key pair. @param kid what to call it; default: its thumbprint (RFC 7638) */
export async function newSigningKey(kid?: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  return signingKeyOf(kid === undefined ? jwk : { ...jwk, kid });
}

/**
 * The key pair of a private JWK.
 * @throws Error when it is no private Ed25519 key
 */
export async function signingKeyOf(jwk: JWK): Promise<SigningKey> {
  const { kty, crv, x, d } = jwk;
  if (kty !== 'OKP' || crv !== 'Ed25519' || !x || !d) throw new Error('a private Ed25519 JWK is needed');
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk));
  return { kid, jwk: { kty, crv, x, d, kid }, public_key: { kty: 'OKP', crv: 'Ed25519', x } };
}
