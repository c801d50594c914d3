import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import type { Claim } from './claim.js';
import { ALGORITHM, parseCredential } from './credential.js';

/** One week: the longest life that Signature Version 4 gives a URL. */
const MAX_EXPIRES_S = 604_800;

/**
 * The claim of a presigned URL (Amazon S3 API reference, "Signature calculations: query parameters").
 * @throws S3Error AuthorizationQueryParametersError
 */
export function presignedClaim(request: S3Request): Claim {
  const { query } = request;
  const credential = parseCredential(query.get('X-Amz-Credential') ?? '');
  const signature = query.get('X-Amz-Signature') ?? '';
  const headers = query.get('X-Amz-SignedHeaders') ?? '';
  const expires = query.get('X-Amz-Expires') ?? '';
  const wellFormed = query.get('X-Amz-Algorithm') === ALGORITHM && /^[0-9a-f]{64}$/.test(signature) && headers !== '';
  if (!credential || !wellFormed || !/^\d{1,6}$/.test(expires)) throw new S3Error('AuthorizationQueryParametersError');
  const expires_s = Number(expires);
  if (expires_s < 1 || expires_s > MAX_EXPIRES_S)
    throw new S3Error('AuthorizationQueryParametersError', `X-Amz-Expires must be from 1 to ${MAX_EXPIRES_S} seconds`);
  const date_time = query.get('X-Amz-Date') ?? '';
  const payload = request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  return { ...credential, date_time, signed_headers: headers.split(';'), signature, payload, expires_s };
}
