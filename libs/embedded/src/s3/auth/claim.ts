import type { S3Request } from '../s3-request.js';
import { authorizationClaim } from './authorization-header.js';
import { presignedClaim } from './presigned-url.js';
import { S3Error } from '../s3-error.js';

/** What a request says about its own signature (AWS Signature Version 4); nothing of it is verified yet. */
export interface Claim {
  access_key_id: string;
  /** `<yyyymmdd>/<region>/s3/aws4_request` in its four pieces. */
  scope: { date: string; region: string; service: string; terminator: string };
  /** `<yyyymmdd>T<hhmmss>Z` */
  date_time: string;
  /** Lower case, in the order given. */
  signed_headers: readonly string[];
  /** Hexadecimal. */
  signature: string;
  /** The hash that was signed, or a word that stands for it, e.g. UNSIGNED-PAYLOAD. */
  payload: string;
  /** Seconds from `date_time`; only a presigned URL has it. */
  expires_s?: number;
}

/** @throws S3Error AccessDenied for an anonymous request, or the codes of the two forms */
export function claimOf(request: S3Request): Claim {
  const header = request.headers.authorization;
  const presigned = request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm');
  if (header !== undefined && presigned) throw new S3Error('InvalidArgument', 'Only one way to sign is allowed');
  if (header !== undefined) return authorizationClaim(request, header);
  if (presigned) return presignedClaim(request);
  throw new S3Error('AccessDenied');
}
