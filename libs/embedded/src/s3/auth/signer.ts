import { createHash, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { createScope, getCanonicalHeaders, getCanonicalQuery, getSigningKey } from '@smithy/signature-v4';
import type { S3Request } from '../s3-request.js';
import type { Claim } from './claim.js';
import { ALGORITHM } from './credential.js';

export interface Credentials {
  access_key_id: string;
  secret_access_key: string;
}

/** Computes what a signature should be, from the secret (AWS Signature Version 4). */
export class Signer {
  constructor(private readonly credentials: Credentials) {}

  /** The signature of a request, over exactly the headers that the claim names. */
  async ofRequest(request: S3Request, claim: Claim): Promise<string> {
    const hash = createHash('sha256').update(canonicalRequest(request, claim)).digest('hex');
    return this.sign([ALGORITHM, claim.date_time, scopeOf(claim), hash].join('\n'), claim);
  }

  /** Signs any string with the day's key of the claim's scope; hexadecimal. */
  async sign(text: string, { scope, access_key_id }: Claim): Promise<string> {
    const credentials = { accessKeyId: access_key_id, secretAccessKey: this.credentials.secret_access_key };
    const key = await getSigningKey(Sha256, credentials, scope.date, scope.region, scope.service);
    const hmac = new Sha256(key);
    hmac.update(text);
    return Buffer.from(await hmac.digest()).toString('hex');
  }
}

/** Compares in a time that does not depend on where two signatures differ. */
export function isSameSignature(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function scopeOf({ scope }: Claim): string {
  return createScope(scope.date, scope.region, scope.service);
}

function canonicalRequest(request: S3Request, claim: Claim): string {
  const named = new Set(claim.signed_headers);
  const headers = Object.fromEntries(claim.signed_headers.map((name) => [name, headerText(request, name)]));
  const http = { method: request.method, protocol: '', hostname: '', path: '', headers };
  const canonical = getCanonicalHeaders(http, undefined, named);
  const names = Object.keys(canonical).sort();
  return [
    request.method,
    request.path.split('/').map(escape).join('/'),
    getCanonicalQuery({ ...http, query: Object.fromEntries(request.query) }),
    ...names.map((name) => `${name}:${canonical[name]}`),
    '',
    names.join(';'),
    claim.payload,
  ].join('\n');
}

/** A header as it was received; a signed header that is missing counts as empty, which no honest signature does. */
function headerText(request: S3Request, name: string): string {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : (value ?? '');
}

/** RFC 3986: everything but the unreserved characters, which encodeURIComponent leaves too many of. */
function escape(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
