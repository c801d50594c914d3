import type { Ed25519PublicKey } from '@edgeflow/contracts';
import { base64url, errors, type JWTPayload } from 'jose';
import { isSignedWith } from './ed25519.js';

/** What a token has to say. */
export interface JwtRules {
  /** What `iss` and `sub` both are. */
  subject: string;
  audience: string;
  /** Seconds by which the clocks of who signed it and who reads it may differ. */
  clockTolerance: number;
  /** The time by which it is judged. */
  currentDate: Date;
  requiredClaims: readonly string[];
}

/**
 * Reads a JWT and verifies it as EdDSA by one key (RFC 8037, section 3.1), with the answers of jose's `jwtVerify`; but in the call, and on
 * no other thread: who gives the same answers at the same moments has the same order of things.
 * @throws errors.JOSEError of the class that jose throws: the form first, then the signature, then the claims
 */
export function verifyJwt(token: string, key: Ed25519PublicKey, rules: JwtRules): JWTPayload {
  const [head, body, signature, ...more] = token.split('.');
  if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
    throw new errors.JWSInvalid('Invalid Compact JWS');
  }
  checkHeader(head);
  const said = decoded(body, errors.JWSInvalid);
  const signed = decoded(signature, errors.JWSInvalid);
  if (!isSignedWith(`${head}.${body}`, signed, key)) throw new errors.JWSSignatureVerificationFailed();
  const payload = objectIn(said, errors.JWTInvalid);
  checkClaims(payload, rules);
  return payload;
}

type Fault = new (message: string, options?: { cause?: unknown }) => Error;

/** No extension is understood here, so that none may be critical (RFC 7515, section 4.1.11). */
function checkHeader(text: string): void {
  const { alg, crit } = objectIn(decoded(text, errors.JWSInvalid), errors.JWSInvalid);
  if (crit !== undefined) throw new errors.JOSENotSupported('No critical extension is understood');
  if (typeof alg !== 'string' || alg === '') throw new errors.JWSInvalid('The header has no alg');
  if (alg !== 'EdDSA') throw new errors.JOSEAlgNotAllowed('The alg is not EdDSA');
}

/** RFC 7519, section 4.1, in the order in which jose looks. */
function checkClaims(payload: JWTPayload, rules: JwtRules): void {
  const { subject, audience, clockTolerance, currentDate } = rules;
  const required = ['iss', 'sub', 'aud', ...rules.requiredClaims.toReversed()];
  for (const claim of required) if (!Object.hasOwn(payload, claim)) throw faulty(payload, claim, 'missing');
  if (payload.iss !== subject) throw faulty(payload, 'iss');
  if (payload.sub !== subject) throw faulty(payload, 'sub');
  if (!isFor(payload, audience)) throw faulty(payload, 'aud');
  const now = Math.floor(currentDate.getTime() / 1000);
  dateIn(payload, 'iat');
  if ((dateIn(payload, 'nbf') ?? -Infinity) > now + clockTolerance) throw faulty(payload, 'nbf');
  if ((dateIn(payload, 'exp') ?? Infinity) > now - clockTolerance) return;
  throw new errors.JWTExpired('"exp" claim timestamp check failed', payload, 'exp', 'check_failed');
}

function isFor({ aud }: JWTPayload, audience: string): boolean {
  return Array.isArray(aud) ? aud.includes(audience) : aud === audience;
}

function dateIn(payload: JWTPayload, claim: 'iat' | 'nbf' | 'exp'): number | undefined {
  const date: unknown = payload[claim];
  if (date !== undefined && typeof date !== 'number') throw faulty(payload, claim, 'invalid');
  return date;
}

function faulty(payload: JWTPayload, claim: string, reason = 'check_failed'): Error {
  return new errors.JWTClaimValidationFailed(`the "${claim}" claim is not in order`, payload, claim, reason);
}

function decoded(text: string, fault: Fault): Uint8Array {
  try {
    return base64url.decode(text);
  } catch (cause) {
    throw new fault('It is no base64url', { cause });
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws `fault` for anything but a JSON object in UTF-8 */
function objectIn(bytes: Uint8Array, fault: Fault): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new fault('It is no JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new fault('It is no JSON object');
  return value as Record<string, unknown>;
}
