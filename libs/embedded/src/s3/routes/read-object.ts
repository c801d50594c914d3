import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import type { ObjectRecord } from '../storage/object-record.js';
import { parseRange, type ByteRange } from './byte-range.js';
import { headersOf } from './object-attributes.js';
import type { Answer, Call } from './operation.js';

/** Query parameters of GetObject that replace headers of the answer. */
export const RESPONSE_HEADERS = [
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
];

/**
 * HeadObject. It looks at the file: for a damaged object Content-Length is what is on the disk and no checksum is attested, so
 * that whoever compares sees it.
 */
export async function headObject({ request, storage }: Call): Promise<Answer> {
  const { record, file } = await storage.bucket(request.bucket).open(request.key);
  const size = await file.size().finally(() => file.close());
  assertIfMatch(request, record);
  const attested = size === record.size;
  return describe(request, record, size, attested);
}

/** GetObject, whole or a range. @throws S3Error ObjectDamaged rather than serve other bytes than were stored */
export async function getObject({ request, storage }: Call): Promise<Answer> {
  const { record, file } = await storage.bucket(request.bucket).open(request.key);
  try {
    if ((await file.size()) !== record.size) throw new S3Error('ObjectDamaged');
    assertIfMatch(request, record);
    const { start, end } = rangeOf(request, record, record.size) ?? { start: 0, end: record.size - 1 };
    const answer = describe(request, record, record.size, true);
    return { ...answer, body: file.read(start, end), close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Status and headers of both; the checksum is of the whole object and does not go with a part of it. */
function describe(request: S3Request, record: ObjectRecord, size: number, attested: boolean): Answer {
  const range = rangeOf(request, record, size);
  const headers = { ...headersOf(record), ...overrides(request) };
  if (range) {
    const { start, end } = range;
    const content = { 'content-range': `bytes ${start}-${end}/${size}`, 'content-length': String(end - start + 1) };
    return { status: 206, headers: { ...headers, ...content } };
  }
  const checksum = attested ? checksumHeaders(request, record) : {};
  return { status: 200, headers: { ...headers, ...checksum, 'content-length': String(size) } };
}

function checksumHeaders(request: S3Request, { sha256 }: ObjectRecord): Record<string, string> {
  if (request.header('x-amz-checksum-mode')?.toUpperCase() !== 'ENABLED') return {};
  const value = Buffer.from(sha256, 'hex').toString('base64');
  return { 'x-amz-checksum-sha256': value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function rangeOf(request: S3Request, { etag }: ObjectRecord, size: number): ByteRange | undefined {
  const condition = request.header('if-range');
  // RFC 9110, section 13.1.5: for another object than the client began with, the whole one is sent.
  if (condition !== undefined && condition !== `"${etag}"`) return undefined;
  return parseRange(request.header('range'), size);
}

function assertIfMatch(request: S3Request, { etag }: ObjectRecord): void {
  const condition = request.header('if-match');
  if (condition === undefined || condition === '*') return;
  const tags = condition.split(',').map((tag) => tag.trim().replaceAll('"', ''));
  if (!tags.includes(etag)) throw new S3Error('PreconditionFailed');
}

function overrides({ query }: S3Request): Record<string, string> {
  const given = RESPONSE_HEADERS.filter((name) => query.has(name));
  return Object.fromEntries(given.map((name) => [name.slice('response-'.length), query.get(name) ?? '']));
}
