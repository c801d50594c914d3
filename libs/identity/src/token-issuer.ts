import {
  SignJWT,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JSONWebKeySet,
} from 'jose';
import type { Role } from '@edgeflow/contracts';
import { AUDIENCE, CLAIM_AUDIENCE, ISSUER } from './token-trust.js';

/** Signs the tokens of people, teams and device claims: used by standalone and by tests, never by a service. */
export class TokenIssuer {
  private constructor(
    private readonly privateJwk: JWK,
    private readonly kid: string,
  ) {}

  /** An issuer with a fresh Ed25519 key. */
  static async create(): Promise<TokenIssuer> {
    const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
    return TokenIssuer.load(await exportJWK(privateKey));
  }

  /**
   * The issuer of a key that was kept.
   * @param jwk a private Ed25519 key, as `privateKey()` gives it; its id is its thumbprint (RFC 7638)
   */
  static async load(jwk: object): Promise<TokenIssuer> {
    const key = jwk as JWK;
    if (key.kty !== 'OKP' || key.crv !== 'Ed25519' || !key.d) throw new Error('the issuer needs a private Ed25519 JWK');
    return new TokenIssuer(key, await calculateJwkThumbprint(key));
  }

  /** The private key as JWK, to be kept in a file that only its owner reads. */
  privateKey(): object {
    return { ...this.privateJwk, kid: this.kid };
  }

  /** The JWK set with the public key: what AUTH_JWKS_URL names. */
  jwks(): JSONWebKeySet {
    const { kty, crv, x } = this.privateJwk;
    return {
      keys: [{ kty: kty ?? 'OKP', crv: crv ?? 'Ed25519', x: x ?? '', kid: this.kid, alg: 'EdDSA', use: 'sig' }],
    };
  }

  /** A bearer token of a person or a team with one role or several, valid for `ttl_s` seconds. */
  issue(who: { org: string; role: Role | readonly Role[]; subject: string }, ttl_s: number): Promise<string> {
    return this.sign({ org: who.org, role: who.role }, who.subject, AUDIENCE, ttl_s);
  }

  /** A claim token with which devices of `org` register themselves, valid for `ttl_s` seconds. */
  issueClaim(org: string, ttl_s: number): Promise<string> {
    return this.sign({ org }, `claim:${org}`, CLAIM_AUDIENCE, ttl_s);
  }

  private async sign(
    claims: Record<string, unknown>,
    subject: string,
    audience: string,
    ttl_s: number,
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + ttl_s)
      .sign(await importJWK(this.privateJwk, 'EdDSA'));
  }
}
