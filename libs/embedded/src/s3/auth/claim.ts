import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';

/** What a request says about its own signature (AWS Signature Version 4); nothing of it is verified yet. */
export interface Claim {
  access_key_id: string;
  /** The day, `<yyyymmdd>`, the region and the service that the key is good for. */
  scope: { date: string; region: string; service: string };
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

export const ALGORITHM = 'AWS4-HMAC-SHA256';
/** One week: the longest life that Signature Version 4 gives a URL. */
const MAX_EXPIRES_S = 604_800;

const CREDENTIAL = /^(?<id>[^/]{1,128})\/(?<date>\d{8})\/(?<region>[\w-]+)\/(?<service>\w+)\/aws4_request$/;
const DATE_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const HEADER = new RegExp(
  `^${ALGORITHM} +Credential=(?<credential>[^, ]+), *SignedHeaders=(?<headers>[^, ]+), *Signature=(?<signature>[0-9a-f]{64})$`,
);

/** The claim of a request, in its header or in its URL. @throws S3Error AccessDenied for an anonymous request, or the codes of the two forms */
export function claimOf(request: S3Request): Claim {
  const header = request.headers.authorization;
  const presigned = request.query.has('X-Amz-Signature') || request.query.has('X-Amz-Algorithm');
  if (header !== undefined && presigned) throw new S3Error('InvalidArgument', 'Only one way to sign is allowed');
  if (header !== undefined) return headerClaim(request, header);
  if (presigned) return presignedClaim(request);
  throw new S3Error('AccessDenied');
}

/** Milliseconds since the epoch of `20261123T101500Z`; NaN when it is something else. */
export function timeOf(dateTime: string): number {
  return DATE_TIME.test(dateTime) ? Date.parse(dateTime.replace(DATE_TIME, '$1-$2-$3T$4:$5:$6Z')) : NaN;
}

/** Amazon S3 API reference, "Signature calculations: Authorization header". */
function headerClaim({ headers }: S3Request, header: string): Claim {
  if (!header.startsWith(`${ALGORITHM} `))
    throw new S3Error('AccessDenied', 'Only AWS Signature Version 4 is supported');
  const { credential = '', headers: names = '', signature = '' } = HEADER.exec(header)?.groups ?? {};
  const parsed = parseCredential(credential);
  const date_time = headers['x-amz-date'];
  if (!parsed || typeof date_time !== 'string') throw new S3Error('AuthorizationHeaderMalformed');
  const payload = headers['x-amz-content-sha256'];
  if (typeof payload !== 'string') throw new S3Error('InvalidRequest', 'The header x-amz-content-sha256 is missing');
  return { ...parsed, date_time, signed_headers: names.split(';'), signature, payload };
}

/** Amazon S3 API reference, "Signature calculations: query parameters". */
function presignedClaim(request: S3Request): Claim {
  const given = (name: string): string => request.query.get(`X-Amz-${name}`) ?? '';
  const [parsed, signature, names] = [parseCredential(given('Credential')), given('Signature'), given('SignedHeaders')];
  const wellFormed = given('Algorithm') === ALGORITHM && /^[0-9a-f]{64}$/.test(signature) && names !== '';
  if (!parsed || !wellFormed || !/^\d{1,6}$/.test(given('Expires')))
    throw new S3Error('AuthorizationQueryParametersError');
  const expires_s = Number(given('Expires'));
  if (expires_s < 1 || expires_s > MAX_EXPIRES_S)
    throw new S3Error('AuthorizationQueryParametersError', `X-Amz-Expires must be from 1 to ${MAX_EXPIRES_S} seconds`);
  const payload = request.header('x-amz-content-sha256') ?? 'UNSIGNED-PAYLOAD';
  return { ...parsed, date_time: given('Date'), signed_headers: names.split(';'), signature, payload, expires_s };
}

/** Splits `<access key>/<date>/<region>/<service>/aws4_request`; undefined when it is something else. */
function parseCredential(text: string): Pick<Claim, 'access_key_id' | 'scope'> | undefined {
  const groups = CREDENTIAL.exec(text)?.groups;
  if (!groups) return undefined;
  const { id = '', date = '', region = '', service = '' } = groups;
  return { access_key_id: id, scope: { date, region, service } };
}
