import { createHmac, generateKeyPairSync, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

type Claims = Record<string, unknown>;
/** Makes the signature of a JWS; an empty one for `none`. */
export type Signer = (input: Buffer) => Buffer;

/** A compact JWS by hand, since libraries do not make wrong ones. @param payload text goes in as it is */
export function forge(header: Claims, payload: Claims | string, signer: Signer): string {
  const json = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = [JSON.stringify(header), json].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${input}.${signer(Buffer.from(input)).toString('base64url')}`;
}

/** No signature at all. */
export const unsigned: Signer = () => Buffer.alloc(0);
export const hmac =
  (secret: string | Buffer): Signer =>
  (input) =>
    createHmac('sha256', secret).update(input).digest();
/** EdDSA (RFC 8037). */
export const ed25519 =
  (key: KeyObject): Signer =>
  (input) =>
    sign(null, input, key);
/** RS256 and, with an EC key, ES256 (RFC 7518, section 3). */
export const sha256With =
  (key: KeyObject): Signer =>
  (input) =>
    sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });

/** The keys of somebody who has none of the installation's. */
export function attackersKeys() {
  return {
    ed: generateKeyPairSync('ed25519'),
    rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  };
}

/** The key with which an installation signs tokens: what is signed with it is wrong in what it says only. */
export interface IssuerKey {
  kid: string;
  private: KeyObject;
  /** As services read it, JWK and PEM. */
  jwk: JsonWebKey;
  pem: string;
}

export async function issuerKeyOf(home: string): Promise<IssuerKey> {
  const { kid, ...held } = JSON.parse(await readFile(join(home, 'keys', 'issuer.jwk'), 'utf8')) as Claims & {
    kid: string;
  };
  const key = createPrivateKey({ key: held as JsonWebKey, format: 'jwk' });
  const shown = createPublicKey(key);
  const pem = shown.export({ format: 'pem', type: 'spki' }).toString();
  return { kid, private: key, jwk: shown.export({ format: 'jwk' }), pem };
}

/** What a right token of an admin says. */
export function rightClaims(change: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000);
  const right = { iss: 'edgeflow', aud: 'edgeflow', sub: 'mallory', org: 'acme', role: 'admin' };
  return { ...right, iat: now, exp: now + 600, ...change };
}
