import { S3Error } from '../s3-error.js';
import { ByteReader } from './byte-reader.js';
import type { ChunkVerifier } from './chunk-verifier.js';

/** Longest line of the framing in bytes: a chunk's head with its signature is about 100, a trailer less than 200. */
const MAX_LINE = 1024;
const MAX_TRAILERS = 16;
/** `<size in hex>` or `<size in hex>;chunk-signature=<64 hex>` */
const HEAD = /^(?<size>[0-9a-fA-F]{1,10})(?:;chunk-signature=(?<signature>[0-9a-f]{64}))?$/;

/**
 * Takes the aws-chunked framing off a body (Amazon S3 API reference, "Transferring payload in multiple chunks").
 * @param verifier checks the signature of each chunk; without it nobody signed them
 * @param trailers is filled with the trailing headers once the last chunk was read
 * @throws S3Error IncompleteBody for broken framing, SignatureDoesNotMatch
 */
export async function* decodeAwsChunked(
  source: AsyncIterable<Buffer>,
  trailers: Map<string, string>,
  verifier?: ChunkVerifier,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  for (;;) {
    const { size, signature } = parseHead(await reader.line(MAX_LINE));
    for await (const piece of reader.take(size)) {
      verifier?.update(piece);
      yield piece;
    }
    await verifier?.endChunk(signature);
    if (size === 0) break;
    if ((await reader.line(2)) !== '') throw brokenFraming();
  }
  await readTrailers(reader, trailers);
  await verifier?.endTrailers(trailers);
}

function parseHead(line: string): { size: number; signature: string } {
  const groups = HEAD.exec(line)?.groups;
  if (!groups) throw brokenFraming();
  return { size: parseInt(groups['size'] ?? '', 16), signature: groups['signature'] ?? '' };
}

async function readTrailers(reader: ByteReader, trailers: Map<string, string>): Promise<void> {
  for (;;) {
    const line = await reader.line(MAX_LINE);
    if (line === '') return;
    const colon = line.indexOf(':');
    if (colon < 1 || trailers.size === MAX_TRAILERS) throw brokenFraming();
    trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function brokenFraming(): S3Error {
  return new S3Error('IncompleteBody', 'The aws-chunked framing is broken');
}
