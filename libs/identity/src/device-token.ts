import {
  Refused,
  TUNNEL_AUDIENCE,
  TUNNEL_TOKEN_MAX_S,
  isDeviceId,
  isToken,
  type DevicePublicKey,
} from '@edgeflow/contracts';
import { decodeJwt, type JWTPayload } from 'jose';
import { verifyJwt } from './jwt.js';
import { ReplayCache } from './replay-cache.js';
import { refusalOf } from './token-errors.js';
import { checkTokenShape } from './token-shape.js';
import { CLOCK_TOLERANCE_S } from './token-verifier.js';

/** Seconds by which a device's clock may run ahead of ours. */
const FUTURE_TOLERANCE_S = 60;
const JTI_PATTERN = /^[\x21-\x7e]{1,128}$/;
/** A token can be valid for its life, after an `iat` in our future, and the clock tolerance on top. */
const REPLAY_PERIOD_S = TUNNEL_TOKEN_MAX_S + FUTURE_TOLERANCE_S + CLOCK_TOLERANCE_S;

/** A memory of the tokens that were used, with nothing in it. Whoever takes tokens has one, for all the ways in. */
export const newUsedTokens = (): ReplayCache => new ReplayCache(REPLAY_PERIOD_S);

/** The registered key of a device, or undefined when there is no such device; it throws Refused for a revoked one. */
export type DeviceKeyLookup = (org: string, deviceId: string) => Promise<DevicePublicKey | undefined>;

interface Claimed {
  org: string;
  device_id: string;
}

export interface DeviceIdentity extends Claimed {
  jti: string;
}

/** By what a device's token is judged. */
export interface TokenJudgement {
  /** The tokens that were used before (`newUsedTokens`). */
  used: ReplayCache;
  /** The time. */
  now: () => Date;
}

/** What a token says before its signature is checked: good enough to look a key up, once it is of legal form. */
function claimed(token: string): Claimed {
  const { org, sub } = decodeJwt(token);
  if (!isToken(org)) throw new Refused('unauthorized', 'The token names no organization');
  if (!isDeviceId(sub)) throw new Refused('unauthorized', 'The token names no device');
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
export function isSignedBy(token: string, key: DevicePublicKey, now: () => Date): boolean {
  try {
    const at = now();
    checkLife(verified(token, key, claimedDevice(token).device_id, at), at);
    return true;
  } catch {
    return false;
  }
}

/** verifyJwt has checked that `iat` and `exp` are there and are numbers. */
function checkLife({ iat = 0, exp = 0 }: JWTPayload, at: Date): void {
  if (iat > secondsOf(at) + FUTURE_TOLERANCE_S) {
    throw new Refused('unauthorized', "The token's iat is in the future", { reason: 'token-in-future' });
  }
  if (exp <= iat) throw wrongLife("The token's exp is not after its iat");
  if (exp - iat > TUNNEL_TOKEN_MAX_S) throw wrongLife(`The token lives longer than ${TUNNEL_TOKEN_MAX_S} s`);
}

const wrongLife = (detail: string): Refused => new Refused('unauthorized', detail, { reason: 'token-life' });

const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1000);

/**
 * A refusal of a token that its device has signed and that is not in force now, with how far the device's clock is off: it signs a new
 * token for each tunnel. Others go through as they are.
 */
function withClock(refusal: Refused, token: string, at: Date): Refused {
  const { reason } = refusal.facts;
  if (reason !== 'token-expired' && reason !== 'token-in-future') return refusal;
  const { iat = 0 } = decodeJwt(token);
  const clock_ahead_s = Math.round(iat - at.getTime() / 1000);
  return new Refused(refusal.code, refusal.detail, { ...refusal.facts, clock_ahead_s }, { cause: refusal.cause });
}

function jtiOf({ jti }: JWTPayload): string {
  if (typeof jti !== 'string' || !JTI_PATTERN.test(jti))
    throw new Refused('unauthorized', 'The token has no usable jti', { reason: 'token-claims' });
  return jti;
}

function verified(token: string, key: DevicePublicKey, subject: string, currentDate: Date): JWTPayload {
  return verifyJwt(token, key, {
    subject,
    audience: TUNNEL_AUDIENCE,
    clockTolerance: CLOCK_TOLERANCE_S,
    currentDate,
    requiredClaims: ['iat', 'exp', 'jti'],
  });
}

/**
 * Which device opens a tunnel (docs/device-protocol.md, "Open the tunnel"): EdDSA by the device's own key, `iss` = `sub` = device_id, `aud`
 * `edgeflow-gateway`, five minutes at most, and each `jti` once.
 * @param keyOf finds the key of the device that the token claims to be from
 * @throws Refused 'unauthorized' with the reason (`facts.reason`, and `facts.clock_ahead_s` where it is the device's clock),
 *   'too-many-requests', or what `keyOf` throws
 */
export async function verifyDeviceToken(
  token: string,
  keyOf: DeviceKeyLookup,
  { used, now }: TokenJudgement,
): Promise<DeviceIdentity> {
  checkTokenShape(token);
  const at = now();
  try {
    const { org, device_id } = claimed(token);
    const key = await keyOf(org, device_id);
    if (!key) throw new Refused('unauthorized', 'The device is not registered', { reason: 'device-not-registered' });
    const payload = verified(token, key, device_id, at);
    checkLife(payload, at);
    const jti = jtiOf(payload);
    used.use(`${org}/${device_id}`, jti, secondsOf(at));
    return { org, device_id, jti };
  } catch (error) {
    throw withClock(refusalOf(error), token, at);
  }
}
