import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { startS3 } from '@edgeflow/embedded';
import { temporaryFolder } from './temporary-folder.js';

/** An S3 server and the credentials for it, in the form of libs/object-store's configuration. */
export interface TestS3 {
  endpoint: string;
  region: string;
  /** A name for a bucket; it is not made yet. */
  bucket: string;
  access_key_id: string;
  secret_access_key: string;
  stop(): Promise<void>;
}

/** The embedded S3 endpoint, empty, on a free port. */
export async function startTestS3(): Promise<TestS3> {
  const folder = await temporaryFolder('s3');
  const config = {
    region: 'us-east-1',
    access_key_id: 'TESTKEY',
    secret_access_key: randomBytes(20).toString('base64url'),
  };
  const server = await startS3({ dir: join(folder.path, 's3'), ...config });
  const stop = async (): Promise<void> => {
    await server.stop();
    await folder.remove();
  };
  return { ...config, endpoint: server.url, bucket: 'edgeflow-test', stop };
}
