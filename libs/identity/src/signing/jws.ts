import { createPrivateKey, sign, type JsonWebKey } from 'node:crypto';
import {
  MANIFEST_MAX_BYTES,
  Refused,
  KEY_ID_PATTERN,
  assertShape,
  parseJson,
  type Ed25519PublicKey,
  type ErrorCode,
  type FlattenedJws,
  type SchemaClass,
} from '@edgeflow/contracts';
import type { JWK } from 'jose';
import { isSignedWith } from '../ed25519.js';

/** Finds the public key of an id. @throws Refused of its own, e.g. for a revoked one; undefined when there is none */
export type SigningKeyLookup = (kid: string) => Ed25519PublicKey | undefined;

/** What a signature said, and whose it was. */
export interface Signed {
  kid: string;
  payload: unknown;
}

/** Members that a header may have. Everything else could say where a key is, or what must be understood (RFC 7515, section 4.1). */
const HEADER_MEMBERS = new Set(['alg', 'kid', 'typ', 'cty']);
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

const invalid = (detail: string, cause?: unknown): Refused =>
  new Refused('signature-invalid', detail, {}, cause === undefined ? undefined : { cause });

/** The compact form in its three parts. @throws Refused `signature-invalid` when it is no compact JWS of an Ed25519 signature */
export function flattenedOf(compact: string): FlattenedJws {
  if (compact.length > MANIFEST_MAX_BYTES) throw invalid(`The JWS has more than ${MANIFEST_MAX_BYTES} characters`);
  const [, head, payload, signature] = COMPACT.exec(compact) ?? [];
  if (!head || !payload || !signature) throw invalid('This is no compact JWS with an Ed25519 signature');
  return { protected: head, payload, signature };
}

/** The compact form of a JWS, as `flattenedOf` took it apart. */
export function compactOf({ protected: head, payload, signature }: FlattenedJws): string {
  return `${head}.${payload}.${signature}`;
}

/**
 * Verifies a compact JWS: EdDSA, a key of the lookup, a type of the list. The work is done in the call, and on no other thread: who gives
 * the same answers at the same moments has the same order of things.
 * @param types what the header's `typ` may be, in lower case; undefined: it may be left out
 * @throws Refused `signature-invalid`, `signing-key-unknown`, or what the lookup throws
 */
export function verifyJws(compact: string, keyOf: SigningKeyLookup, types: readonly (string | undefined)[]): Signed {
  const { protected: head, payload, signature } = flattenedOf(compact);
  const kid = kidIn(Buffer.from(head, 'base64url'), types);
  const key = keyOf(kid);
  if (!key) throw new Refused('signing-key-unknown', `There is no signing key ${kid}.`, { kid });
  if (!isSigned(`${head}.${payload}`, signature, key, kid)) throw invalid(`The signature is not one of ${kid}`);
  return {
    kid,
    payload: parseJson(Buffer.from(payload, 'base64url'), { code: 'signature-invalid', what: 'The payload' }),
  };
}

/** Signs a value as JSON. @param jwk a private Ed25519 key */
export function signJws(value: object, jwk: JWK, header: { kid: string; typ: string }): string {
  const [head, payload] = [{ alg: 'EdDSA', ...header }, value].map(encoded);
  const key = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' });
  return `${head}.${payload}.${sign(null, Buffer.from(`${head}.${payload}`), key).toString('base64url')}`;
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Ed25519 as in RFC 8032, over the text of header and payload (RFC 7515, section 5.2; RFC 8037, section 3.1). */
function isSigned(text: string, signature: string, key: Ed25519PublicKey, kid: string): boolean {
  try {
    return isSignedWith(text, Buffer.from(signature, 'base64url'), key);
  } catch (cause) {
    throw invalid(`The signature is not one of ${kid}`, cause);
  }
}

function kidIn(text: Buffer, types: readonly (string | undefined)[]): string {
  const header = parseJson(text, { code: 'signature-invalid', what: 'The header' }) as Record<string, unknown> | null;
  if (!isPlain(header, text.toString()))
    throw invalid('The header may only have each member once, with a plain string');
  const odd = Object.keys(header).filter((name) => !HEADER_MEMBERS.has(name));
  if (odd.length > 0) throw invalid(`The header may not have ${odd.join(', ').slice(0, 100)}`);
  if (header['alg'] !== 'EdDSA') throw invalid('The algorithm must be EdDSA');
  const { typ, kid } = header;
  if (!types.includes(typ?.toLowerCase())) throw invalid('The header has another typ than this kind of signature');
  if (kid === undefined || !KEY_ID_PATTERN.test(kid)) throw invalid('The header has no usable kid');
  return kid;
}

/**
 * Whether no two parsers can read a header differently (RFC 7515, section 4: names must be unique). Its members are all strings, which
 * need no escapes: then each has four quotation marks, and one more member than was parsed is one that was there twice.
 */
function isPlain(header: Record<string, unknown> | null, text: string): header is Record<string, string> {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return false;
  const values = Object.values(header);
  const quotes = text.split('"').length - 1;
  return values.every((value) => typeof value === 'string') && !text.includes('\\') && quotes === 4 * values.length;
}

/**
 * Checks that what was signed is in the shape of its class.
 * @param what it is, for the refusal: `The manifest`
 * @throws Refused `code`
 */
export function assertSigned<T extends object>(
  schemaClass: SchemaClass<T>,
  value: unknown,
  { code, what }: { code: ErrorCode; what: string },
): asserts value is T {
  try {
    assertShape(schemaClass, value);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    throw new Refused(code, `${what} is not well formed: ${cause.detail}`, {}, { cause });
  }
}
