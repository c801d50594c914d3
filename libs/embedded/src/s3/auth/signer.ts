import { timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4, createScope, getCanonicalHeaders } from '@smithy/signature-v4';
import type { S3Request } from '../s3-request.js';
import { ALGORITHM, timeOf, type Claim } from './claim.js';

/** Who may ask, and how requests are signed here. */
export interface Realm {
  access_key_id: string;
  secret_access_key: string;
  region: string;
}

/** Computes what a signature should be: the library signs what it is about to send, here it is what was received. */
export class Signer extends SignatureV4 {
  constructor({ access_key_id: accessKeyId, secret_access_key: secretAccessKey, region }: Realm) {
    const credentials = { accessKeyId, secretAccessKey };
    super({ credentials, region, service: 's3', sha256: Sha256, uriEscapePath: false });
  }

  /** The signature of a request, over exactly the headers that the claim names. */
  async ofRequest(request: S3Request, claim: Claim): Promise<string> {
    // A signed header that is missing counts as empty, which no honest signature does.
    const headers = Object.fromEntries(claim.signed_headers.map((name) => [name, String(request.headers[name] ?? '')]));
    const path = request.path.split('/').map(escape).join('/');
    const query = Object.fromEntries(request.query);
    const received = { method: request.method, protocol: '', hostname: '', path, headers, query };
    const canonical = getCanonicalHeaders(received, undefined, new Set(claim.signed_headers));
    const whole = this.createCanonicalRequest(received, canonical, claim.payload);
    return this.ofText(await this.createStringToSign(claim.date_time, scopeOf(claim), whole, ALGORITHM), claim);
  }

  /** Signs any string with the day's key of the claim's scope; hexadecimal. */
  ofText(text: string, { date_time }: Claim): Promise<string> {
    return this.sign(text, { signingDate: new Date(timeOf(date_time)) });
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

/** RFC 3986: everything but the unreserved characters, which encodeURIComponent leaves too many of. */
function escape(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
