import { SignJWT, UnsecuredJWT, generateKeyPair, exportJWK, importJWK, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { jwksOf } from './jwks.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';

let issuer: TokenIssuer;
let verifier: TokenVerifier;

beforeAll(async () => {
  issuer = await TokenIssuer.create();
  verifier = new TokenVerifier(jwksOf(issuer.jwks()));
});

/** A token of our own key with claims that the issuer would not write; undefined leaves a claim out. */
async function odd(claims: Record<string, unknown>): Promise<string> {
  const jwk = issuer.privateKey() as JWK;
  const exp = Math.floor(Date.now() / 1000) + 60;
  const usual = { iss: 'edgeflow', aud: 'edgeflow', sub: 'ann', org: 'acme', role: 'viewer', exp };
  return new SignJWT(JSON.parse(JSON.stringify({ ...usual, ...claims })))
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid ?? '' })
    .sign(await importJWK(jwk, 'EdDSA'));
}

describe('a bearer token', () => {
  it('says who the caller is', async () => {
    const token = await issuer.issue({ org: 'acme', role: 'operator', subject: 'ann' }, 60);
    expect(await verifier.verify(token)).toEqual({
      ...{ kind: 'member', org: 'acme', roles: ['operator'], subject: 'ann' },
    });
  });

  it.each([
    ['has expired', { exp: 1 }, 'The token has expired'],
    ['never expires', { exp: undefined }, "The token's exp is not the expected one"],
    ['comes from another issuer', { iss: 'other' }, "The token's iss is not the expected one"],
    ['is for another audience', { aud: 'edgeflow-gateway' }, "The token's aud is not the expected one"],
    ['names no role', { role: undefined }, 'The token names no known role'],
    ['names an unknown role', { role: 'root' }, 'The token names no known role'],
    ['would make a claim of itself', { role: 'device-claim' }, 'The token names no known role'],
    ['names no subject', { sub: undefined }, 'The token names no subject'],
    ['names an org that is no subject token', { org: 'a.b' }, 'The token names no organization'],
  ])('that %s is refused', async (_name, claims, detail) => {
    await expect(verifier.verify(await odd(claims))).rejects.toMatchObject({ code: 'unauthorized', detail });
  });

  it.each(['dpop+jwt', 'logout+jwt', 'edgeflow-firmware+jws'])('that was signed as %s is refused', async (typ) => {
    const jwk = issuer.privateKey() as JWK;
    const claims = { iss: 'edgeflow', aud: 'edgeflow', sub: 'ann', org: 'acme', role: 'admin' };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid ?? '', typ })
      .setExpirationTime('1 minute')
      .sign(await importJWK(jwk, 'EdDSA'));
    await expect(verifier.verify(token)).rejects.toMatchObject({ detail: 'The token is not of the expected type' });
  });

  it('of another key, another algorithm or none is refused', async () => {
    const stranger = await TokenIssuer.create();
    const foreign = await stranger.issue({ org: 'acme', role: 'admin', subject: 'eve' }, 60);
    const hmac = await new SignJWT({ org: 'acme' }).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32));
    for (const token of [foreign, hmac, new UnsecuredJWT({ org: 'acme' }).encode(), 'x', 'x'.repeat(10_000)]) {
      await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unauthorized' });
    }
  });

  it('is no claim token, nor the other way round', async () => {
    const claim = await issuer.issueClaim('acme', 60);
    const bearer = await issuer.issue({ org: 'acme', role: 'admin', subject: 'ann' }, 60);
    expect(await verifier.verifyClaim(claim)).toEqual({ org: 'acme' });
    await expect(verifier.verify(claim)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(verifier.verifyClaim(bearer)).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('the issuer', () => {
  it('comes back from its kept key', async () => {
    const kept = JSON.parse(JSON.stringify(issuer.privateKey())) as object;
    const again = await TokenIssuer.load(kept);
    expect(again.jwks()).toEqual(issuer.jwks());
    const token = await again.issue({ org: 'acme', role: 'viewer', subject: 'ann' }, 60);
    expect(await verifier.verify(token)).toMatchObject({ subject: 'ann' });
  });

  it('publishes no private member', () => {
    expect(Object.keys(issuer.jwks().keys[0] ?? {}).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
  });

  it('does not load a public key, or one of another kind', async () => {
    await expect(TokenIssuer.load(issuer.jwks().keys[0] ?? {})).rejects.toThrow('private Ed25519');
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    await expect(TokenIssuer.load(await exportJWK(privateKey))).rejects.toThrow('private Ed25519');
  });
});
