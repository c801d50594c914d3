import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import type { Claim } from './claim.js';
import { ALGORITHM, parseCredential } from './credential.js';

const FORM = new RegExp(
  `^${ALGORITHM} +Credential=(?<credential>[^, ]+), *SignedHeaders=(?<headers>[^, ]+), *Signature=(?<signature>[0-9a-f]{64})$`,
);

/**
 * The claim of an `Authorization` header (Amazon S3 API reference, "Signature calculations: Authorization header").
 * @throws S3Error AccessDenied for another scheme, AuthorizationHeaderMalformed, InvalidRequest
 */
export function authorizationClaim(request: S3Request, header: string): Claim {
  if (!header.startsWith(`${ALGORITHM} `))
    throw new S3Error('AccessDenied', 'Only AWS Signature Version 4 is supported');
  const { credential = '', headers = '', signature = '' } = FORM.exec(header)?.groups ?? {};
  const parsed = parseCredential(credential);
  const date_time = request.headers['x-amz-date'];
  if (!parsed || typeof date_time !== 'string') throw new S3Error('AuthorizationHeaderMalformed');
  const payload = request.headers['x-amz-content-sha256'];
  if (typeof payload !== 'string') throw new S3Error('InvalidRequest', 'The header x-amz-content-sha256 is missing');
  return { ...parsed, date_time, signed_headers: headers.split(';'), signature, payload };
}
