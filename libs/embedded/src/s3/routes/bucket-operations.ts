import { textOf } from '../body/payload.js';
import { assertKey } from '../s3-request.js';
import { S3Error } from '../s3-error.js';
import { parseXml, resultXml } from '../xml.js';
import { xmlAnswer, type Answer, type Call } from './operation.js';

/** A list of 1,000 keys of 1 KiB, with its tags and escapes. */
const MAX_DOCUMENT = 4 * 1024 * 1024;
const MAX_DELETED = 1000;

/** CreateBucket. The region in the document is not looked at: there is one. */
export async function createBucket({ request, storage, payload }: Call): Promise<Answer> {
  await textOf(payload(), MAX_DOCUMENT);
  await storage.createBucket(request.bucket);
  return { status: 200, headers: { location: `/${request.bucket}` } };
}

/** HeadBucket */
export async function headBucket({ request, storage }: Call): Promise<Answer> {
  storage.bucket(request.bucket);
  return { status: 200 };
}

/** DeleteObjects: up to 1,000 keys; those that are not there count as deleted. */
export async function deleteObjects({ request, storage, payload }: Call): Promise<Answer> {
  const bucket = storage.bucket(request.bucket);
  const document = parseXml(await textOf(payload(), MAX_DOCUMENT), 'Delete', ['Object']);
  const keys = ((document['Object'] ?? []) as { Key?: string }[]).map(({ Key }) => Key ?? '');
  if (keys.length === 0 || keys.length > MAX_DELETED || keys.includes('')) throw new S3Error('MalformedXML');
  keys.forEach(assertKey);
  for (const key of keys) await bucket.remove(key);
  const quiet = document['Quiet'] === 'true';
  return xmlAnswer(resultXml('DeleteResult', { Deleted: quiet ? undefined : keys.map((Key) => ({ Key })) }));
}
