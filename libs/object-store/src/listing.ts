import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListMultipartUploadsCommandOutput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Clock } from '@edgeflow/runtime';
import { soon } from './answering.js';
import { reached } from './failures.js';
import type { ListedObject, OpenUpload } from './object-store.js';

/** Who asks, and by whose clock an answer is late. */
interface Asking {
  client: S3Client;
  clock: Clock;
}

/** The objects whose keys begin with `Prefix`, page by page. @throws Refused `storage-unavailable` */
export async function* listObjects(
  { client, clock }: Asking,
  place: { Bucket: string; Prefix: string },
): AsyncGenerator<ListedObject> {
  let page: ListObjectsV2CommandOutput | undefined;
  do {
    const ContinuationToken = page?.NextContinuationToken;
    page = await reached(client.send(new ListObjectsV2Command({ ...place, ContinuationToken }), soon(clock)));
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? [])
      yield { key: Key, size: Size, modified_at: LastModified };
  } while (page.IsTruncated);
}

/** The open uploads of keys that begin with `Prefix`, page by page. @throws Refused `storage-unavailable` */
export async function* listOpenUploads(
  { client, clock }: Asking,
  place: { Bucket: string; Prefix: string },
): AsyncGenerator<OpenUpload> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const marker = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker };
    page = await reached(client.send(new ListMultipartUploadsCommand({ ...place, ...marker }), soon(clock)));
    for (const { Key = '', UploadId = '', Initiated = new Date(0) } of page.Uploads ?? [])
      yield { key: Key, upload_id: UploadId, started_at: Initiated };
  } while (page.IsTruncated);
}
