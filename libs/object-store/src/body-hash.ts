import type { S3Client } from '@aws-sdk/client-s3';

/** What of a request of the SDK is looked at here; its own types say of a request that it is unknown. */
interface SentRequest {
  headers: Record<string, string>;
  body?: unknown;
}

/**
 * Has a client hash each body of an upload once, beside the event loop. The SDK does it twice, and on it: for the checksum that the store
 * verifies and attests, and for the signature, in which it is the same SHA-256 (AWS Signature Version 4, `x-amz-content-sha256`).
 */
export function hashBodiesOnce(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { headers, body } = args.request as SentRequest;
      if (headers['x-amz-sdk-checksum-algorithm'] === 'SHA256' && body instanceof Uint8Array) {
        const sha256 = Buffer.from(await crypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>));
        headers['x-amz-checksum-sha256'] = sha256.toString('base64');
        headers['x-amz-content-sha256'] = sha256.toString('hex');
      }
      return next(args);
    },
    // Before the SDK's own, which leaves a checksum that is there as it is.
    { name: 'hashBodiesOnce', step: 'build', priority: 'high' },
  );
}
