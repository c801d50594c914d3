import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { createBucket, deleteObjects, headBucket } from './bucket-operations.js';
import { listObjects } from './list-objects.js';
import { listParts, listUploads } from './list-uploads.js';
import { abortUpload, completeUpload, createUpload, uploadPart } from './multipart-operations.js';
import type { Operation } from './operation.js';
import { getObject, headObject, RESPONSE_HEADERS } from './read-object.js';
import { copyObject, deleteObject, putObject } from './write-object.js';

interface Route {
  method: string;
  on: 'bucket' | 'object';
  /** Query parameters that make it this operation. */
  needs?: readonly string[];
  /** A header that makes it this operation. */
  header?: string;
  /** Query parameters that it also knows. */
  takes?: readonly string[];
  operation: Operation;
}

const LISTING = ['prefix', 'encoding-type'];

/** The first that fits counts. */
const routes: readonly Route[] = [
  { method: 'PUT', on: 'bucket', operation: createBucket },
  { method: 'HEAD', on: 'bucket', operation: headBucket },
  { method: 'POST', on: 'bucket', needs: ['delete'], operation: deleteObjects },
  {
    method: 'GET',
    on: 'bucket',
    needs: ['uploads'],
    takes: [...LISTING, 'max-uploads', 'key-marker', 'upload-id-marker'],
    operation: listUploads,
  },
  {
    method: 'GET',
    on: 'bucket',
    needs: ['list-type'],
    takes: [...LISTING, 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'fetch-owner'],
    operation: listObjects,
  },
  { method: 'PUT', on: 'object', needs: ['uploadId', 'partNumber'], operation: uploadPart },
  { method: 'PUT', on: 'object', header: 'x-amz-copy-source', operation: copyObject },
  { method: 'PUT', on: 'object', operation: putObject },
  {
    method: 'GET',
    on: 'object',
    needs: ['uploadId'],
    takes: ['max-parts', 'part-number-marker'],
    operation: listParts,
  },
  { method: 'GET', on: 'object', takes: RESPONSE_HEADERS, operation: getObject },
  { method: 'HEAD', on: 'object', takes: RESPONSE_HEADERS, operation: headObject },
  { method: 'DELETE', on: 'object', needs: ['uploadId'], operation: abortUpload },
  { method: 'DELETE', on: 'object', operation: deleteObject },
  { method: 'POST', on: 'object', needs: ['uploads'], operation: createUpload },
  { method: 'POST', on: 'object', needs: ['uploadId'], operation: completeUpload },
];

/**
 * The operation that a request asks for.
 * @throws S3Error NotImplemented also for query parameters that the operation does not know: ignoring `?acl` would do something else
 */
export function operationOf(request: S3Request): Operation {
  const route = routes.find((candidate) => fits(candidate, request));
  const known = new Set([...(route?.needs ?? []), ...(route?.takes ?? []), 'x-id']);
  const strange = [...request.query.keys()].find((name) => !known.has(name) && !/^x-amz-/i.test(name));
  if (!route || strange !== undefined) throw new S3Error('NotImplemented');
  return route.operation;
}

function fits({ method, on, needs = [], header }: Route, request: S3Request): boolean {
  if (method !== request.method || request.bucket === '' || on !== (request.key === '' ? 'bucket' : 'object'))
    return false;
  return (
    needs.every((name) => request.query.has(name)) && (header === undefined || request.header(header) !== undefined)
  );
}
