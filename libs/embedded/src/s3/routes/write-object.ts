import { textOf } from '../body/payload.js';
import { contentOf } from '../body/digest.js';
import { S3Error } from '../s3-error.js';
import { decode, type S3Request } from '../s3-request.js';
import { resultXml } from '../xml.js';
import { attributesOf, onlyIfAbsent } from './object-attributes.js';
import { xmlAnswer, type Answer, type Call } from './operation.js';

/** PutObject */
export async function putObject({ request, storage, payload }: Call): Promise<Answer> {
  const bucket = storage.bucket(request.bucket);
  const options = { ...attributesOf(request), only_if_absent: onlyIfAbsent(request) };
  const { etag, sha256 } = await bucket.put(request.key, payload(), options);
  return { status: 200, headers: { etag: `"${etag}"`, ...sha256Header(sha256) } };
}

/** DeleteObject: what is not there is deleted. */
export async function deleteObject({ request, storage }: Call): Promise<Answer> {
  await storage.bucket(request.bucket).remove(request.key);
  return { status: 204 };
}

/** CopyObject within this endpoint; with x-amz-metadata-directive: REPLACE the new attributes count. */
export async function copyObject({ request, storage, payload }: Call): Promise<Answer> {
  const target = storage.bucket(request.bucket);
  await textOf(payload(), 0);
  const source = sourceOf(request);
  const { record, file } = await storage.bucket(source.bucket).open(source.key);
  try {
    const { headers, metadata } =
      request.header('x-amz-metadata-directive') === 'REPLACE' ? attributesOf(request) : record;
    const options = { headers, metadata, only_if_absent: onlyIfAbsent(request) };
    const copy = await target.put(request.key, contentOf(file.read(0, record.size - 1)), options);
    return xmlAnswer(resultXml('CopyObjectResult', { ETag: `"${copy.etag}"`, LastModified: copy.modified_at }));
  } finally {
    await file.close();
  }
}

/** A client that states its SHA-256 finds it in the answer too. */
export function sha256Header(sha256: string): Record<string, string> {
  return { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') };
}

function sourceOf(request: S3Request): { bucket: string; key: string } {
  const source = decode(request.header('x-amz-copy-source') ?? '').replace(/^\//, '');
  const slash = source.indexOf('/');
  if (slash < 1 || slash === source.length - 1) throw new S3Error('InvalidArgument', 'x-amz-copy-source is not valid');
  return { bucket: source.slice(0, slash), key: source.slice(slash + 1) };
}
