import { randomUUID, type KeyObject } from 'node:crypto';
import { Refused, TUNNEL_AUDIENCE, TUNNEL_TOKEN_MAX_S, isToken } from '@edgeflow/contracts';
import { SignJWT, decodeJwt } from 'jose';

export interface DeviceTokenClaims {
  device_id: string;
  org: string;
  private_key: KeyObject;
}

/** A token's life in seconds: a minute under what the gateway allows, so that a clock that is a little ahead does no harm. */
const LIFE_S = TUNNEL_TOKEN_MAX_S - 60;

/**
 * The token for one connection (docs/device-protocol.md): EdDSA, signed with the device's own key.
 * @param now what time it is by the cloud's clock, milliseconds since 1970
 */
export function signDeviceToken(
  { device_id, org, private_key }: DeviceTokenClaims,
  now: number = Date.now(),
): Promise<string> {
  const iat = Math.max(0, Math.floor(now / 1000));
  return new SignJWT({ org })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer(device_id)
    .setSubject(device_id)
    .setAudience(TUNNEL_AUDIENCE)
    .setIssuedAt(iat)
    .setExpirationTime(iat + LIFE_S)
    .setJti(randomUUID())
    .sign(private_key);
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
