import { S3Error } from '../s3-error.js';
import type { S3Request } from '../s3-request.js';
import { DIGEST_BYTES, type Algorithm, type Digest } from './digest.js';

const HEADERS: Readonly<Record<string, Algorithm>> = {
  'content-md5': 'md5',
  'x-amz-checksum-crc32': 'crc32',
  'x-amz-checksum-sha1': 'sha1',
  'x-amz-checksum-sha256': 'sha256',
};
/** Checksums of S3 that this endpoint cannot compute: better refused than ignored. */
const UNSUPPORTED = ['x-amz-checksum-crc32c', 'x-amz-checksum-crc64nvme'];

/** The checksums that a client stated for its body, in headers or, announced by x-amz-trailer, after it. */
export class StatedChecksums {
  private readonly stated = new Map<Algorithm, string>();
  private readonly trailing: readonly string[];

  /** @throws S3Error NotImplemented for an algorithm that is not supported */
  constructor(request: S3Request) {
    this.trailing = (request.header('x-amz-trailer') ?? '')
      .split(',')
      .map((name) => name.trim().toLowerCase())
      .filter((name) => name !== '');
    assertSupported(request, this.trailing);
    for (const [name, algorithm] of Object.entries(HEADERS)) {
      const value = request.header(name);
      if (value !== undefined) this.stated.set(algorithm, value);
    }
  }

  /** What has to be computed while the body passes. */
  get algorithms(): Algorithm[] {
    return [...this.stated.keys(), ...this.trailing.flatMap((name) => HEADERS[name] ?? [])];
  }

  /** Compares with the body that was read. @throws S3Error BadDigest, InvalidDigest, or InvalidRequest for a trailer that never came */
  verify(digest: Digest, trailers: ReadonlyMap<string, string>): void {
    for (const [algorithm, value] of this.stated) compare(digest, algorithm, value);
    for (const name of this.trailing) {
      const algorithm = HEADERS[name];
      const value = trailers.get(name);
      if (value === undefined) throw new S3Error('InvalidRequest', `The trailer ${name} is missing`);
      if (algorithm) compare(digest, algorithm, value);
    }
  }
}

function compare(digest: Digest, algorithm: Algorithm, value: string): void {
  const expected = Buffer.from(value, 'base64');
  if (expected.length !== DIGEST_BYTES[algorithm])
    throw new S3Error('InvalidDigest', `The ${algorithm} is not well formed`);
  if (!digest.of(algorithm).equals(expected))
    throw new S3Error('BadDigest', `The ${algorithm} does not match the body`);
}

function assertSupported(request: S3Request, trailing: readonly string[]): void {
  const name = UNSUPPORTED.find((header) => request.header(header) !== undefined || trailing.includes(header));
  if (name !== undefined) throw new S3Error('NotImplemented', `${name} is not supported; use CRC32 or SHA256`);
}
