import { textOf } from '../body/payload.js';
import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { MultipartUploads } from '../storage/multipart-uploads.js';
import type { ObjectRecord } from '../storage/object-record.js';
import type { NamedPart } from '../storage/parts.js';
import { parseXml, resultXml } from '../xml.js';
import { attributesOf, onlyIfAbsent } from './object-attributes.js';
import { xmlAnswer, type Answer, type Call } from './operation.js';
import { sha256Header } from './write-object.js';

/** A list of 10,000 parts with their checksums. */
const MAX_DOCUMENT = 4 * 1024 * 1024;
const MAX_PART_NUMBER = 10_000;

/** CreateMultipartUpload */
export async function createUpload({ request, storage, payload }: Call): Promise<Answer> {
  const bucket = storage.bucket(request.bucket);
  assertAlgorithm(request);
  await textOf(payload(), 0);
  const { upload_id } = await new MultipartUploads(bucket).create(request.key, attributesOf(request));
  const fields = { Bucket: request.bucket, Key: request.key, UploadId: upload_id };
  return xmlAnswer(resultXml('InitiateMultipartUploadResult', fields));
}

/** UploadPart */
export async function uploadPart({ request, storage, payload }: Call): Promise<Answer> {
  const uploads = new MultipartUploads(storage.bucket(request.bucket));
  const number = partNumber(request.query.get('partNumber'));
  if (request.header('x-amz-copy-source') !== undefined)
    throw new S3Error('NotImplemented', 'UploadPartCopy is not supported');
  const upload = await uploads.get(request.key, uploadId(request));
  const { etag, sha256 } = await uploads.putPart(upload, number, payload());
  return { status: 200, headers: { etag: `"${etag}"`, ...sha256Header(sha256) } };
}

/** CompleteMultipartUpload. A repeated one, whose first answer was lost, is answered like the first. */
export async function completeUpload({ request, storage, payload }: Call): Promise<Answer> {
  const bucket = storage.bucket(request.bucket);
  if (['sha256', 'sha1', 'crc32'].some((name) => request.header(`x-amz-checksum-${name}`) !== undefined))
    throw new S3Error('NotImplemented', 'A checksum of the whole object is not supported here; parts may have theirs');
  const uploads = new MultipartUploads(bucket);
  const named = namedParts(await textOf(payload(), MAX_DOCUMENT));
  const before = bucket.find(request.key);
  if (before?.upload_id !== undefined && before.upload_id === uploadId(request)) return completed(request, before);
  const upload = await uploads.get(request.key, uploadId(request));
  return completed(request, await uploads.complete(upload, named, onlyIfAbsent(request)));
}

/** AbortMultipartUpload */
export async function abortUpload({ request, storage }: Call): Promise<Answer> {
  const uploads = new MultipartUploads(storage.bucket(request.bucket));
  await uploads.abort(await uploads.get(request.key, uploadId(request)));
  return { status: 204 };
}

function completed(request: S3Request, { etag }: ObjectRecord): Answer {
  const place = { Location: `/${request.bucket}/${request.key}`, Bucket: request.bucket, Key: request.key };
  return xmlAnswer(resultXml('CompleteMultipartUploadResult', { ...place, ETag: `"${etag}"` }));
}

export function uploadId(request: S3Request): string {
  return request.query.get('uploadId') ?? '';
}

function partNumber(text: string | undefined): number {
  const number = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  if (number < 1 || number > MAX_PART_NUMBER)
    throw new S3Error('InvalidArgument', `Part numbers go from 1 to ${MAX_PART_NUMBER}`);
  return number;
}

function namedParts(text: string): NamedPart[] {
  const document = parseXml(text, 'CompleteMultipartUpload', ['Part']);
  const parts = (document['Part'] ?? []) as { PartNumber?: string; ETag?: string; ChecksumSHA256?: string }[];
  return parts.map(({ PartNumber, ETag, ChecksumSHA256 }) => ({
    number: partNumber(PartNumber),
    etag: String(ETag).replaceAll('"', ''),
    sha256: ChecksumSHA256,
  }));
}

function assertAlgorithm(request: S3Request): void {
  const algorithm = request.header('x-amz-checksum-algorithm') ?? 'SHA256';
  if (!['SHA256', 'SHA1', 'CRC32'].includes(algorithm.toUpperCase()))
    throw new S3Error('NotImplemented', `${algorithm} is not supported; use CRC32 or SHA256`);
}
