import { Refused, TUNNEL_AUDIENCE, TUNNEL_TOKEN_MAX_S, isToken, type DevicePublicKey } from '@edgeflow/contracts';
import { decodeJwt, importJWK, jwtVerify, type JWTPayload } from 'jose';
import { ReplayCache } from './replay-cache.js';
import { refusalOf } from './token-errors.js';
import { checkTokenShape } from './token-shape.js';
import { CLOCK_TOLERANCE_S } from './token-verifier.js';

/** Seconds by which a device's clock may run ahead of ours. */
const FUTURE_TOLERANCE_S = 60;
const JTI_PATTERN = /^[\x21-\x7e]{1,128}$/;
/** A token can be valid for its life, after an `iat` in our future, and the clock tolerance on top. */
const REPLAY_PERIOD_S = TUNNEL_TOKEN_MAX_S + FUTURE_TOLERANCE_S + CLOCK_TOLERANCE_S;

const usedHere = new ReplayCache(REPLAY_PERIOD_S);

/** The registered key of a device, or undefined when there is no such device; it throws Refused for a revoked one. */
export type DeviceKeyLookup = (org: string, deviceId: string) => Promise<DevicePublicKey | undefined>;

interface Claimed {
  org: string;
  device_id: string;
}

export interface DeviceIdentity extends Claimed {
  jti: string;
}

/** What a token says before its signature is checked: good enough to look a key up, once it is of legal form. */
function claimed(token: string): Claimed {
  const { org, sub } = decodeJwt(token);
  if (!isToken(org)) throw new Refused('unauthorized', 'The token names no organization');
  if (!isToken(sub)) throw new Refused('unauthorized', 'The token names no device');
  return { org, device_id: sub };
}

/**
 * Which device a token claims to be from, whoever signed it.
 * @throws Refused 'unauthorized' for what is no token of a device at all
 */
export function claimedDevice(token: string): Claimed {
  checkTokenShape(token);
  try {
    return claimed(token);
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Whether a key signed a token, and it is in force; it may have been used before. No proof: that is `verifyDeviceToken`. */
export async function isSignedBy(token: string, key: DevicePublicKey): Promise<boolean> {
  try {
    checkLife(await verified(token, key, claimedDevice(token).device_id), Math.floor(Date.now() / 1000));
    return true;
  } catch {
    return false;
  }
}

/** jwtVerify has checked that `iat` and `exp` are there and are numbers. */
function checkLife({ iat = 0, exp = 0 }: JWTPayload, now_s: number): void {
  if (iat > now_s + FUTURE_TOLERANCE_S) throw new Refused('unauthorized', "The token's iat is in the future");
  if (exp <= iat) throw new Refused('unauthorized', "The token's exp is not after its iat");
  if (exp - iat > TUNNEL_TOKEN_MAX_S) {
    throw new Refused('unauthorized', `The token lives longer than ${TUNNEL_TOKEN_MAX_S} s`);
  }
}

function jtiOf({ jti }: JWTPayload): string {
  if (typeof jti !== 'string' || !JTI_PATTERN.test(jti))
    throw new Refused('unauthorized', 'The token has no usable jti');
  return jti;
}

async function verified(token: string, key: DevicePublicKey, deviceId: string): Promise<JWTPayload> {
  const { kty, crv, x } = key;
  const { payload } = await jwtVerify(token, await importJWK({ kty, crv, x }, 'EdDSA'), {
    algorithms: ['EdDSA'],
    issuer: deviceId,
    subject: deviceId,
    audience: TUNNEL_AUDIENCE,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['iat', 'exp', 'jti'],
  });
  return payload;
}

/**
 * Which device opens a tunnel (DESIGN.md section 8): EdDSA by the device's own key, `iss` = `sub` = device_id, `aud`
 * `edgeflow-gateway`, five minutes at most, and each `jti` once.
 * @param keyOf finds the key of the device that the token claims to be from
 * @param used the tokens that were used before; one per process unless a test brings its own
 * @throws Refused 'unauthorized' with the reason, 'too-many-requests', or what `keyOf` throws
 */
export async function verifyDeviceToken(
  token: string,
  keyOf: DeviceKeyLookup,
  used: ReplayCache = usedHere,
): Promise<DeviceIdentity> {
  checkTokenShape(token);
  try {
    const { org, device_id } = claimed(token);
    const key = await keyOf(org, device_id);
    if (!key) throw new Refused('unauthorized', 'The device is not registered');
    const payload = await verified(token, key, device_id);
    const now_s = Math.floor(Date.now() / 1000);
    checkLife(payload, now_s);
    const jti = jtiOf(payload);
    used.use(`${org}/${device_id}`, jti, now_s);
    return { org, device_id, jti };
  } catch (error) {
    throw refusalOf(error);
  }
}
