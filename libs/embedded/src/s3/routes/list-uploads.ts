import { MultipartUploads, type Upload } from '../storage/multipart-uploads.js';
import { resultXml } from '../xml.js';
import { encoder, pageSize } from './list-objects.js';
import { uploadId } from './multipart-operations.js';
import { xmlAnswer, type Answer, type Call } from './operation.js';

const MAX_UPLOADS = 1000;
const MAX_PARTS = 1000;

/** ListMultipartUploads: prefix, max-uploads, key-marker with upload-id-marker, encoding-type. */
export async function listUploads({ request, storage }: Call): Promise<Answer> {
  const { query } = request;
  const prefix = query.get('prefix') ?? '';
  const limit = pageSize(query.get('max-uploads'), MAX_UPLOADS);
  const encode = encoder(query.get('encoding-type'));
  const all = await new MultipartUploads(storage.bucket(request.bucket)).list();
  const open = after(all, query.get('key-marker') ?? '', query.get('upload-id-marker') ?? '');
  const matching = open.filter(({ key }) => key.startsWith(prefix));
  const page = matching.slice(0, limit);
  const last = page.at(-1);
  const more = matching.length > page.length && last !== undefined;
  return xmlAnswer(
    resultXml('ListMultipartUploadsResult', {
      Bucket: request.bucket,
      Prefix: encode(prefix),
      MaxUploads: limit,
      EncodingType: query.get('encoding-type'),
      IsTruncated: more,
      NextKeyMarker: more ? encode(last.key) : undefined,
      NextUploadIdMarker: more ? last.upload_id : undefined,
      Upload: page.map(({ key, upload_id, started_at }) => ({
        Key: encode(key),
        UploadId: upload_id,
        Initiated: started_at,
        StorageClass: 'STANDARD',
      })),
    }),
  );
}

/** ListParts: max-parts, part-number-marker. */
export async function listParts({ request, storage }: Call): Promise<Answer> {
  const { query } = request;
  const uploads = new MultipartUploads(storage.bucket(request.bucket));
  const upload = await uploads.get(request.key, uploadId(request));
  const marker = pageSize(query.get('part-number-marker'), Number.MAX_SAFE_INTEGER);
  const limit = pageSize(query.get('max-parts'), MAX_PARTS);
  const from = query.has('part-number-marker') ? marker : 0;
  const parts = (await uploads.parts(upload)).filter(({ number }) => number > from);
  const page = parts.slice(0, limit);
  const more = parts.length > page.length;
  return xmlAnswer(
    resultXml('ListPartsResult', {
      Bucket: request.bucket,
      Key: request.key,
      UploadId: upload.upload_id,
      MaxParts: limit,
      IsTruncated: more,
      NextPartNumberMarker: more ? page.at(-1)?.number : undefined,
      Part: page.map(({ number, etag, size, modified_at }) => ({
        PartNumber: number,
        LastModified: modified_at,
        ETag: `"${etag}"`,
        Size: size,
      })),
    }),
  );
}

/** The uploads behind the markers: of later keys, and of the same key those that follow the marked upload. */
function after(sorted: readonly Upload[], key: string, id: string): readonly Upload[] {
  if (key === '') return sorted;
  const marked = sorted.findIndex((upload) => upload.key === key && upload.upload_id === id);
  if (marked >= 0) return sorted.slice(marked + 1);
  return sorted.filter((upload) => Buffer.compare(Buffer.from(upload.key), Buffer.from(key)) > 0);
}
