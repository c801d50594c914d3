import { SignJWT, importJWK, type JSONWebKeySet, type JWK } from 'jose';
import type { Role } from '@edgeflow/contracts';
import { systemClock, type Clock } from '@edgeflow/runtime';
import { newSigningKey, signingKeyOf, type SigningKey } from './signing/signing-key.js';
import { AUDIENCE, CLAIM_AUDIENCE, ISSUER } from './token-trust.js';

/** Signs the tokens of people, teams and device claims: used by standalone and by tests, never by a service. */
export class TokenIssuer {
  private constructor(
    private readonly key: SigningKey,
    private readonly clock: Clock,
  ) {}

  /** An issuer with a fresh Ed25519 key. */
  static async create(clock: Clock = systemClock): Promise<TokenIssuer> {
    return new TokenIssuer(await newSigningKey(), clock);
  }

  /**
   * The issuer of a key that was kept.
   * @param jwk a private Ed25519 key, as `privateKey()` gives it; its id is its thumbprint (RFC 7638)
   * @throws Error when it is none
   */
  static async load(jwk: object, clock: Clock = systemClock): Promise<TokenIssuer> {
    const { kid: _, ...key } = jwk as JWK;
    return new TokenIssuer(await signingKeyOf(key), clock);
  }

  /** The private key as JWK, to be kept in a file that only its owner reads. */
  privateKey(): object {
    return this.key.jwk;
  }

  /** The JWK set with the public key: what AUTH_JWKS_URL names. */
  jwks(): JSONWebKeySet {
    const { public_key, kid } = this.key;
    return { keys: [{ ...public_key, kid, alg: 'EdDSA', use: 'sig' }] };
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
    const now = Math.floor(this.clock.now().getTime() / 1000);
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', kid: this.key.kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setSubject(subject)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + ttl_s)
      .sign(await importJWK(this.key.jwk, 'EdDSA'));
  }
}
