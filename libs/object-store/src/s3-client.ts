import { S3Client } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { hashBodiesOnce } from './body-hash.js';
import type { ObjectStoreConfig } from './config.js';

const CONNECT_MS = 3_000;
/** Nothing moved for so long. A server is also silent while it joins the parts of a large upload, hence minutes. */
const IDLE_MS = 120_000;
/** Retries with back-off within the SDK: about a second in all, then the caller hears `storage-unavailable`. */
const ATTEMPTS = 4;
/** More than the SDK's 50: a few slow uploads of four parts each must not keep a HEAD waiting. */
const SOCKETS = 256;

/** A client for one endpoint. It opens no connection before its first request. */
export function s3Client(config: ObjectStoreConfig, endpoint: string | undefined): S3Client {
  const client = new S3Client({
    endpoint,
    region: config.region,
    // Amazon's own hosts carry the bucket in their name; everyone else's servers are asked by path.
    forcePathStyle: endpoint !== undefined,
    credentials: { accessKeyId: config.access_key_id, secretAccessKey: config.secret_access_key },
    // The default, a CRC32 in a trailer, is what radosgw cannot read; uploads here ask for SHA-256 themselves.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The SDK opens a new connection for every request that waits for 100 Continue.
    expectContinueHeader: false,
    maxAttempts: ATTEMPTS,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS, ...(config.ca !== undefined && { ca: config.ca }) },
    }),
  });
  hashBodiesOnce(client);
  return client;
}
