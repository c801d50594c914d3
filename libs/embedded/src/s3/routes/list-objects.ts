import { S3Error } from '../s3-error.js';
import type { Bucket } from '../storage/bucket.js';
import { resultXml } from '../xml.js';
import { xmlAnswer, type Answer, type Call } from './operation.js';

const MAX_KEYS = 1000;

interface Page {
  keys: string[];
  prefixes: string[];
  /** Where the next page starts: after this key, or after all that begin with this prefix. */
  next?: string;
}

/** ListObjectsV2: prefix, delimiter, max-keys, start-after, continuation-token, encoding-type. */
export async function listObjects({ request, storage }: Call): Promise<Answer> {
  const { query } = request;
  const bucket = storage.bucket(request.bucket);
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const limit = pageSize(query.get('max-keys'), MAX_KEYS);
  const token = query.get('continuation-token');
  const after = token === undefined ? (query.get('start-after') ?? '') : decodeToken(token);
  const page = pageOf(bucket.keys(), { prefix, delimiter, limit, after });
  const encode = encoder(query.get('encoding-type'));
  return xmlAnswer(
    resultXml('ListBucketResult', {
      Name: request.bucket,
      Prefix: encode(prefix),
      Delimiter: delimiter === '' ? undefined : encode(delimiter),
      EncodingType: query.get('encoding-type'),
      MaxKeys: limit,
      KeyCount: page.keys.length + page.prefixes.length,
      IsTruncated: page.next !== undefined,
      ContinuationToken: token,
      NextContinuationToken: page.next === undefined ? undefined : encodeToken(page.next),
      Contents: page.keys.map((key) => contents(bucket, key, encode)),
      CommonPrefixes: page.prefixes.map((common) => ({ Prefix: encode(common) })),
    }),
  );
}

/** A count from the query, at most `most`. @throws S3Error InvalidArgument */
export function pageSize(text: string | undefined, most: number): number {
  if (text === undefined) return most;
  if (!/^\d{1,9}$/.test(text)) throw new S3Error('InvalidArgument');
  return Math.min(Number(text), most);
}

/** How names are written: as they are, or percent-encoded for clients that ask for `url`. @throws S3Error InvalidArgument */
export function encoder(type: string | undefined): (text: string) => string {
  if (type === undefined) return (text) => text;
  if (type !== 'url') throw new S3Error('InvalidArgument');
  return (text) => encodeURIComponent(text).replaceAll('%2F', '/');
}

/** One page of sorted keys; those that share a prefix up to the delimiter count as one. */
export function pageOf(
  keys: readonly string[],
  { prefix, delimiter, limit, after }: { prefix: string; delimiter: string; limit: number; after: string },
): Page {
  const page: Page = { keys: [], prefixes: [] };
  const start = Buffer.from(after);
  let last = after;
  for (const key of keys) {
    if (!key.startsWith(prefix) || (after !== '' && Buffer.compare(Buffer.from(key), start) <= 0)) continue;
    const common = commonPrefix(key, prefix, delimiter);
    // `last` is the prefix that stood last on this page, or on the one before.
    if (common !== undefined && common === last) continue;
    if (page.keys.length + page.prefixes.length >= limit) return limit === 0 ? page : { ...page, next: last };
    if (common === undefined) page.keys.push(key);
    else page.prefixes.push(common);
    last = common ?? key;
  }
  return page;
}

/** What stands for a key whose rest, after the prefix, has the delimiter. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return end < 0 ? undefined : key.slice(0, end + delimiter.length);
}

function contents(bucket: Bucket, key: string, encode: (text: string) => string) {
  const { modified_at, etag, size } = bucket.get(key);
  return { Key: encode(key), LastModified: modified_at, ETag: `"${etag}"`, Size: size, StorageClass: 'STANDARD' };
}

function encodeToken(key: string): string {
  return Buffer.from(key).toString('base64url');
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8');
}
