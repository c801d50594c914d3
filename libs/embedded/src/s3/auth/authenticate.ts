import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { claimOf, timeOf, type Claim } from './claim.js';
import { isSameSignature, Signer, type Realm } from './signer.js';

/** S3 refuses clocks that differ by more than 15 minutes. */
const MAX_SKEW_MS = 15 * 60_000;

/**
 * Verifies that a request was signed with our key, for us, now, and whole: anonymous requests are refused, there are no policies.
 * @returns the verified claim; the signature covers the Host header as it was received
 * @throws S3Error with the code that S3 gives
 */
export async function authenticate(request: S3Request, realm: Realm, at: Date): Promise<Claim> {
  const claim = claimOf(request);
  if (claim.access_key_id !== realm.access_key_id) throw new S3Error('InvalidAccessKeyId');
  assertScope(claim, realm.region);
  assertSignedHeaders(request, claim);
  const expected = await new Signer(realm).ofRequest(request, claim);
  if (!isSameSignature(expected, claim.signature)) throw new S3Error('SignatureDoesNotMatch');
  assertTime(claim, at.getTime());
  return claim;
}

function assertScope({ scope, date_time, expires_s }: Claim, region: string): void {
  const right = scope.region === region && scope.service === 's3';
  if (right && !Number.isNaN(timeOf(date_time)) && date_time.startsWith(scope.date)) return;
  const code = expires_s === undefined ? 'AuthorizationHeaderMalformed' : 'AuthorizationQueryParametersError';
  throw new S3Error(code, `The credential must be of the day of the request, region '${region}' and service 's3'`);
}

/** Unsigned x-amz-* headers change what a request does (e.g. x-amz-copy-source on a presigned PUT), so S3 refuses them. */
function assertSignedHeaders(request: S3Request, { signed_headers }: Claim): void {
  const signed = new Set(signed_headers);
  if (!signed.has('host')) throw new S3Error('SignatureDoesNotMatch', 'The host header must be signed');
  const loose = Object.keys(request.headers).find((name) => name.startsWith('x-amz-') && !signed.has(name));
  if (loose !== undefined) throw new S3Error('AccessDenied', `The header ${loose} is not signed`);
}

function assertTime({ date_time, expires_s }: Claim, now: number): void {
  const signed = timeOf(date_time);
  if (expires_s === undefined) {
    if (Math.abs(now - signed) > MAX_SKEW_MS) throw new S3Error('RequestTimeTooSkewed');
    return;
  }
  if (signed - now > MAX_SKEW_MS) throw new S3Error('AccessDenied', 'The URL is not valid yet');
  if (now > signed + expires_s * 1000) throw new S3Error('AccessDenied', 'Request has expired');
}
