import type { Claim } from '../auth/claim.js';
import type { Signer } from '../auth/signer.js';
import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { decodeAwsChunked } from './aws-chunked.js';
import { ChunkVerifier } from './chunk-verifier.js';
import { StatedChecksums } from './checksums.js';
import { Digest, digested, USUAL, type Content } from './digest.js';

/** 5 GiB: the most that S3 takes in one PUT or one part. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;

/** What x-amz-content-sha256 may say about the body besides a hash. */
const FORMS: Readonly<Record<string, { chunked: boolean; signed?: boolean; trailer?: boolean }>> = {
  'UNSIGNED-PAYLOAD': { chunked: false },
  'STREAMING-UNSIGNED-PAYLOAD-TRAILER': { chunked: true, trailer: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': { chunked: true, signed: true },
  'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': { chunked: true, signed: true, trailer: true },
};

/**
 * The body of a verified request, free of its framing. Reading it to the end means that it is whole and true to every checksum
 * and signature that came with it; else it throws.
 * @throws S3Error at once for headers that cannot be right, while it is read for a body that is not
 */
export function payloadOf(request: S3Request, claim: Claim, signer: Signer): Content {
  const form = FORMS[claim.payload];
  if (!form && !/^[0-9a-f]{64}$/.test(claim.payload))
    throw new S3Error('NotImplemented', 'This x-amz-content-sha256 is not supported');
  const length = statedLength(request, form?.chunked ?? false);
  const checksums = new StatedChecksums(request);
  const digest = new Digest([...USUAL, ...checksums.algorithms]);
  const trailers = new Map<string, string>();
  const raw = rawBody(request);
  const verifier = form?.signed ? new ChunkVerifier(signer, claim, form.trailer ?? false) : undefined;
  const plain = form?.chunked ? decodeAwsChunked(raw, trailers, verifier) : raw;
  const verify = (): void => {
    if (digest.size !== length) throw new S3Error('IncompleteBody');
    if (!form && digest.of('sha256').toString('hex') !== claim.payload) throw new S3Error('XAmzContentSHA256Mismatch');
    checksums.verify(digest, trailers);
  };
  return { chunks: verified(digested(plain, digest), verify), digest };
}

/** Reads a small body whole, e.g. an XML document. @throws S3Error EntityTooLarge above `limit` bytes */
export async function textOf({ chunks }: Content, limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > limit) throw new S3Error('EntityTooLarge');
    pieces.push(chunk);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function* verified(chunks: AsyncIterable<Buffer>, verify: () => void): AsyncGenerator<Buffer> {
  yield* chunks;
  verify();
}

/** The size of the decoded body, which S3 wants to know before it. */
function statedLength(request: S3Request, chunked: boolean): number {
  const stated = request.header(chunked ? 'x-amz-decoded-content-length' : 'content-length');
  if (stated === undefined && request.headers['transfer-encoding'] === undefined && !chunked) return 0;
  if (stated === undefined || !/^\d{1,15}$/.test(stated)) throw new S3Error('MissingContentLength');
  if (Number(stated) > MAX_BODY_BYTES) throw new S3Error('EntityTooLarge');
  return Number(stated);
}

/** The bytes on the wire. An error while they are read must not destroy the socket: the answer still has to go out. */
function rawBody({ incoming }: S3Request): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer> };
}
