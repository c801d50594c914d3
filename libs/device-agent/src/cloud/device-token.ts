import { sign, type KeyObject } from 'node:crypto';
import { Refused, TUNNEL_AUDIENCE, TUNNEL_TOKEN_MAX_S, isToken } from '@edgeflow/contracts';
import type { Entropy } from '@edgeflow/runtime';
import { decodeJwt } from 'jose';

export interface DeviceTokenClaims {
  device_id: string;
  org: string;
  private_key: KeyObject;
}

/** A token's life in seconds: a minute under what the gateway allows, so that a clock that is a little ahead does no harm. */
const LIFE_S = TUNNEL_TOKEN_MAX_S - 60;

/**
 * The token for one connection (docs/device-protocol.md): EdDSA (RFC 8037), signed with the device's own key. The work is done in the call,
 * on no other thread.
 * @param now what time it is by the cloud's clock, milliseconds since 1970
 */
export function signDeviceToken(
  { device_id, org, private_key }: DeviceTokenClaims,
  { now, entropy }: { now: number; entropy: Pick<Entropy, 'uuid'> },
): string {
  const iat = Math.max(0, Math.floor(now / 1000));
  const names = { org, iss: device_id, sub: device_id, aud: TUNNEL_AUDIENCE };
  const claims = { ...names, iat, exp: iat + LIFE_S, jti: entropy.uuid() };
  const [head, payload] = [{ alg: 'EdDSA' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const signature = sign(null, Buffer.from(`${head}.${payload}`), private_key);
  return `${head}.${payload}.${signature.toString('base64url')}`;
}

/**
 * The org that a claim token is for. Only read, not verified: the gateway does that.
 * @throws Refused 'unauthorized' when the token is neither `efc.{org}.{claim_id}.{secret}` nor a JWT with an org
 */
export function orgOfClaim(claimToken: string): string {
  const [kind, org, claim, secret] = claimToken.split('.');
  if (kind === 'efc' && isToken(org) && claim && secret) return org;
  try {
    const { org } = decodeJwt<{ org?: unknown }>(claimToken);
    if (isToken(org)) return org;
  } catch (error) {
    throw new Refused('unauthorized', 'the claim token is not well formed', {}, { cause: error });
  }
  throw new Refused('unauthorized', 'the claim token names no org');
}
