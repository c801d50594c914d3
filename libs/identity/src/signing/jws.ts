import {
  MANIFEST_MAX_BYTES,
  Refused,
  KEY_ID_PATTERN,
  parseJson,
  type Ed25519PublicKey,
  type FlattenedJws,
} from '@edgeflow/contracts';
import { CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';

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
 * Verifies a compact JWS: EdDSA, a key of the lookup, a type of the list.
 * @param types what the header's `typ` may be, in lower case; undefined: it may be left out
 * @throws Refused `signature-invalid`, `signing-key-unknown`, or what the lookup throws
 */
export async function verifyJws(
  compact: string,
  keyOf: SigningKeyLookup,
  types: readonly (string | undefined)[],
): Promise<Signed> {
  // Before anything else reads it: the header comes from whoever sends the signature.
  parseJson(Buffer.from(flattenedOf(compact).protected, 'base64url'), {
    code: 'signature-invalid',
    what: 'The header',
  });
  const kid = kidIn(compact, types);
  const key = keyOf(kid);
  if (!key) throw new Refused('signing-key-unknown', `There is no signing key ${kid}.`, { kid });
  const { kty, crv, x } = key;
  try {
    const { payload } = await compactVerify(compact, await importJWK({ kty, crv, x }, 'EdDSA'), {
      algorithms: ['EdDSA'],
    });
    return { kid, payload: parseJson(payload, { code: 'signature-invalid', what: 'The payload' }) };
  } catch (cause) {
    if (cause instanceof Refused) throw cause;
    throw invalid(`The signature is not one of ${kid}`, cause);
  }
}

/** Signs a value as JSON. @param jwk a private Ed25519 key */
export async function signJws(value: object, jwk: JWK, header: { kid: string; typ: string }): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(value));
  return new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', ...header }).sign(await importJWK(jwk, 'EdDSA'));
}

function kidIn(compact: string, types: readonly (string | undefined)[]): string {
  const header = headerOf(compact);
  const odd = Object.keys(header).filter((name) => !HEADER_MEMBERS.has(name));
  if (odd.length > 0) throw invalid(`The header may not have ${odd.join(', ').slice(0, 100)}`);
  if (header['alg'] !== 'EdDSA') throw invalid('The algorithm must be EdDSA');
  const { typ, kid } = header;
  if (!types.includes(typeof typ === 'string' ? typ.toLowerCase() : (typ as undefined)))
    throw invalid('The header has another typ than this kind of signature');
  if (typeof kid !== 'string' || !KEY_ID_PATTERN.test(kid)) throw invalid('The header has no usable kid');
  return kid;
}

function headerOf(compact: string): Record<string, unknown> {
  let header: Record<string, unknown>;
  try {
    header = decodeProtectedHeader(compact);
  } catch (cause) {
    throw invalid('The header cannot be read', cause);
  }
  if (!isPlain(compact, header)) throw invalid('The header may only have each member once, with a plain string');
  return header;
}

/**
 * Whether no two parsers can read a header differently (RFC 7515, section 4: names must be unique). Its members are all strings, which
 * need no escapes: then each has four quotation marks, and one more member than was parsed is one that was there twice.
 */
function isPlain(compact: string, header: Record<string, unknown>): boolean {
  const text = Buffer.from(compact.split('.', 1)[0] ?? '', 'base64url').toString();
  const values = Object.values(header);
  const quotes = text.split('"').length - 1;
  return values.every((value) => typeof value === 'string') && !text.includes('\\') && quotes === 4 * values.length;
}
