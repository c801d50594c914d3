import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  type ListMultipartUploadsCommandOutput,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { soon } from './answering.js';
import { reached } from './failures.js';

export interface ListedObject {
  key: string;
  /** In bytes. */
  size: number;
  modified_at: Date;
}

/** A multipart upload that was begun and neither completed nor aborted. */
export interface OpenUpload {
  key: string;
  upload_id: string;
  started_at: Date;
}

/** The objects whose keys begin with `Prefix`, page by page. @throws Refused `storage-unavailable` */
export async function* listObjects(
  client: S3Client,
  place: { Bucket: string; Prefix: string },
): AsyncGenerator<ListedObject> {
  let page: ListObjectsV2CommandOutput | undefined;
  do {
    const ContinuationToken = page?.NextContinuationToken;
    page = await reached(client.send(new ListObjectsV2Command({ ...place, ContinuationToken }), soon()));
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of page.Contents ?? [])
      yield { key: Key, size: Size, modified_at: LastModified };
  } while (page.IsTruncated);
}

/** The open uploads of keys that begin with `Prefix`, page by page. @throws Refused `storage-unavailable` */
export async function* listOpenUploads(
  client: S3Client,
  place: { Bucket: string; Prefix: string },
): AsyncGenerator<OpenUpload> {
  let page: ListMultipartUploadsCommandOutput | undefined;
  do {
    const marker = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker };
    page = await reached(client.send(new ListMultipartUploadsCommand({ ...place, ...marker }), soon()));
    for (const { Key = '', UploadId = '', Initiated = new Date(0) } of page.Uploads ?? [])
      yield { key: Key, upload_id: UploadId, started_at: Initiated };
  } while (page.IsTruncated);
}
