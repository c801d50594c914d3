import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { STORED_HEADERS, type ObjectAttributes, type ObjectRecord } from '../storage/object-record.js';

/** Amazon S3 user guide, "User-defined object metadata". */
const MAX_METADATA_BYTES = 2048;

/** What a request says of the object that it stores. @throws S3Error MetadataTooLarge */
export function attributesOf(request: S3Request): ObjectAttributes {
  const metadata = request.metadata();
  const bytes = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes > MAX_METADATA_BYTES) throw new S3Error('MetadataTooLarge');
  const headers: Record<string, string> = {};
  for (const name of STORED_HEADERS) {
    const value = name === 'content-encoding' ? encodingOf(request) : request.header(name);
    if (value !== undefined && value !== '') headers[name] = value;
  }
  return { headers, metadata };
}

/** The condition that PUT and CompleteMultipartUpload know: If-None-Match: *. @throws S3Error NotImplemented for others */
export function onlyIfAbsent(request: S3Request): boolean {
  const condition = request.header('if-none-match');
  if (request.header('if-match') !== undefined || (condition !== undefined && condition !== '*'))
    throw new S3Error('NotImplemented', "Only If-None-Match: '*' is supported");
  return condition === '*';
}

/** The headers of HEAD and GET that do not depend on the range. */
export function headersOf(record: ObjectRecord): Record<string, string> {
  const metadata = Object.entries(record.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
  return {
    'content-type': 'binary/octet-stream',
    ...record.headers,
    ...(Object.fromEntries(metadata) as Record<string, string>),
    etag: `"${record.etag}"`,
    'last-modified': new Date(record.modified_at).toUTCString(),
    'accept-ranges': 'bytes',
  };
}

/** aws-chunked is the framing of the transfer, not an encoding of the object. */
function encodingOf(request: S3Request): string | undefined {
  const encodings = request
    .header('content-encoding')
    ?.split(',')
    .map((name) => name.trim());
  return encodings?.filter((name) => name !== 'aws-chunked' && name !== '').join(', ');
}
