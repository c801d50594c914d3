import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { readIfThere, writePrivately, type Home } from './home.js';

/** A key with which an organization's publisher signs firmware. */
export interface PublisherKey {
  /** With its private half, which no service is given. */
  jwk: JWK;
  kid: string;
  public_key: { kty: 'OKP'; crv: 'Ed25519'; x: string };
}

/** Where the signing key of an organization is kept. */
export function publisherKeyFile(home: Home, org: string): string {
  return home.in('keys', `${org}.publisher.jwk`);
}

/** The signing key of an organization, made at the first start. Its id is its thumbprint (RFC 7638). */
export async function openPublisherKey(home: Home, org: string): Promise<PublisherKey> {
  const path = publisherKeyFile(home, org);
  const kept = await readIfThere(path);
  if (kept) return keyOf(JSON.parse(kept) as JWK);
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = await exportJWK(privateKey);
  const key = keyOf({ ...jwk, kid: await calculateJwkThumbprint(jwk) });
  await writePrivately(path, JSON.stringify(key.jwk));
  return key;
}

function keyOf(jwk: JWK): PublisherKey {
  const { kid = '', x = '' } = jwk;
  return { jwk, kid, public_key: { kty: 'OKP', crv: 'Ed25519', x } };
}
