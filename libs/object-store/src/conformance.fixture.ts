import { randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import {
  CreateBucketCommand,
  GetObjectCommand,
  S3Client,
  type S3ClientConfig,
  type S3ServiceException,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { expect, it } from 'vitest';

/** A server to check, empty, with one bucket. */
export interface Server {
  name: 'embedded' | 'radosgw';
  endpoint: string;
  access_key_id: string;
  secret_access_key: string;
}

/** The server exists only once the hooks ran; checks ask for it when they run. */
export type Subject = () => Probe;

/** What radosgw (Ceph 16) does differently from Amazon S3. Each reason stands in the name of the checks it concerns. */
export const RADOSGW_CANNOT = {
  checksums: 'it ignores x-amz-checksum-*',
  trailers: 'it refuses bodies with a checksum in a trailer',
  part_order: 'it sorts the parts itself',
  unsigned_headers: 'it obeys x-amz-* headers that nobody signed',
} as const;

/**
 * Declares checks of one server. `cannot` names why radosgw is excused from one, in the report and not in silence.
 * @param isThere false for a server that is not installed here: its checks are reported as skipped, each by its name
 */
export function checksOf(name: Server['name'], isThere: () => boolean) {
  return (
    what: string,
    check: () => Promise<void>,
    { cannot }: { cannot?: keyof typeof RADOSGW_CANNOT } = {},
  ): void => {
    if (name === 'radosgw' && cannot !== undefined)
      it.skip(`${what} [not on radosgw: ${RADOSGW_CANNOT[cannot]}]`, check);
    else
      it(what, async ({ skip }) => {
        skip(!isThere(), `${name} is not installed here`);
        await check();
      });
  };
}

export type Checks = ReturnType<typeof checksOf>;

/** One server as its clients see it. */
export class Probe {
  readonly bucket = `conformance-${randomBytes(4).toString('hex')}`;
  readonly client: S3Client;

  constructor(readonly server: Server) {
    this.client = this.clientWith({});
  }

  async begin(): Promise<void> {
    await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
  }

  /** A client that tries once and adds no checksums of its own. */
  clientWith(config: S3ClientConfig): S3Client {
    const { endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = this.server;
    return new S3Client({
      endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      ...config,
    });
  }

  at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.bucket, Key: key };
  }

  async bytesOf(key: string, Range?: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ ...this.at(key), Range }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async presignedGet(key: string, options: { expiresIn?: number; signingDate?: Date } = {}): Promise<URL> {
    return new URL(await getSignedUrl(this.client, new GetObjectCommand(this.at(key)), { expiresIn: 60, ...options }));
  }

  /** A request to this server as any program sends it, whatever host the URL names; that goes into the Host header. */
  async plain(url: URL, { method = 'GET', headers = {}, body = '' }: PlainOptions = {}): Promise<PlainAnswer> {
    const { hostname, port } = new URL(this.server.endpoint);
    const path = `${url.pathname}${url.search}`;
    const length = method === 'GET' ? {} : { 'content-length': Buffer.byteLength(body) };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ hostname, port, path, method, headers: { host: url.host, ...length, ...headers } });
      request.on('response', resolve).on('error', reject).end(body);
    });
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const code = /<Code>(\w+)<\/Code>/.exec(bytes.toString('latin1'))?.[1];
    return { status: response.statusCode ?? 0, bytes, code, headers: response.headers };
  }
}

interface PlainOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

interface PlainAnswer {
  status: number;
  bytes: Buffer;
  /** Of the error document. */
  code: string | undefined;
  headers: IncomingMessage['headers'];
}

/** The request must fail with this status and, given one, this code. */
export async function expectRefusal(request: Promise<unknown>, status: number, ...codes: string[]): Promise<void> {
  const error = await request.then(
    () => undefined,
    (reason: S3ServiceException) => reason,
  );
  expect(error, 'the request was accepted').toBeDefined();
  expect(error?.$metadata.httpStatusCode).toBe(status);
  if (codes.length > 0) expect(codes).toContain(error?.name);
}

/** Changes a request between its signature and the wire, as somebody in the middle would. */
export function tampered(client: S3Client, change: (request: TamperedRequest) => void): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      change(args.request as TamperedRequest);
      return next(args);
    },
    // Signing is the last thing of finalizeRequest; deserialize comes after it.
    { step: 'deserialize', name: 'tamper', priority: 'low' },
  );
  return client;
}

interface TamperedRequest {
  headers: Record<string, string>;
  body: unknown;
}
