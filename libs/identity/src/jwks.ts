import type { Clock } from '@edgeflow/runtime';
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { discoverKeys, fetchKeys } from './discovery.js';
import { JwksFile, jwksFileFault } from './jwks-file.js';
import { RemoteKeys, type RemoteKeysPace } from './remote-keys.js';
import { isSecureUrl } from './secure-url.js';

/** Why AUTH_JWKS_URL is wrong; undefined when it is not. What is at an https URL is not looked at: it may be away for a moment. */
export function jwksFault(url: string): string | undefined {
  if (url.startsWith('file://')) return jwksFileFault(url);
  if (isSecureUrl(url)) return undefined;
  return 'must be a file:// or https:// URL (http:// on this machine only), or AUTH_ISSUER an https:// URL';
}

/**
 * The keys that AUTH_JWKS_URL names.
 * @param url `file://` (read again when the file changes) or `https://` (see `RemoteKeys`); `http://` on this machine only
 * @throws Error when the URL is of another kind
 */
export function jwksFrom(url: string, clock: Clock, pace?: RemoteKeysPace): JWTVerifyGetKey {
  const parsed = new URL(url);
  if (parsed.protocol === 'file:') return new JwksFile(parsed, clock).find;
  if (isSecureUrl(url)) return new RemoteKeys(() => fetchKeys(url, clock), clock, pace).find;
  throw new Error('AUTH_JWKS_URL must be file://, https://, or http:// on this machine');
}

/**
 * The keys of an OpenID provider, found by discovery when they are needed.
 * @param issuer its `iss`, an https URL (http on this machine only)
 * @throws Error when the URL is of another kind
 */
export function jwksOfIssuer(issuer: string, clock: Clock, pace?: RemoteKeysPace): JWTVerifyGetKey {
  if (!isSecureUrl(issuer)) throw new Error('AUTH_ISSUER must be https://, or http:// on this machine');
  return new RemoteKeys(() => discoverKeys(issuer, clock), clock, pace).find;
}

/** Keys that are at hand, for tests and for an issuer in the same process. */
export function jwksOf(jwks: JSONWebKeySet): JWTVerifyGetKey {
  return createLocalJWKSet(jwks);
}
