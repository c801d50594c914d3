import { createHash, type Hash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type Algorithm = 'md5' | 'sha1' | 'sha256' | 'crc32';

/** Length in bytes of each checksum. */
export const DIGEST_BYTES: Readonly<Record<Algorithm, number>> = { md5: 16, sha1: 20, sha256: 32, crc32: 4 };

/** SHA-256 for the record, MD5 for the ETag. */
export const USUAL: readonly Algorithm[] = ['sha256', 'md5'];

/** Counts and hashes a body on its way. */
export class Digest {
  size = 0;
  private readonly hashes = new Map<Algorithm, Hash>();
  private readonly sums = new Map<Algorithm, Buffer>();
  private crc: number | undefined;

  constructor(algorithms: readonly Algorithm[]) {
    for (const algorithm of new Set(algorithms)) {
      if (algorithm === 'crc32') this.crc = 0;
      else this.hashes.set(algorithm, createHash(algorithm));
    }
  }

  update(chunk: Buffer): void {
    this.size += chunk.length;
    for (const hash of this.hashes.values()) hash.update(chunk);
    if (this.crc !== undefined) this.crc = crc32(chunk, this.crc);
  }

  /** The checksum of all that came; call it when the body has ended. @throws Error for an algorithm that was not asked for */
  of(algorithm: Algorithm): Buffer {
    const sum = this.sums.get(algorithm) ?? this.compute(algorithm);
    this.sums.set(algorithm, sum);
    return sum;
  }

  private compute(algorithm: Algorithm): Buffer {
    const hash = this.hashes.get(algorithm);
    if (hash) return hash.digest();
    if (this.crc === undefined) throw new Error(`${algorithm} was not computed`);
    const sum = Buffer.alloc(DIGEST_BYTES.crc32);
    sum.writeUInt32BE(this.crc);
    return sum;
  }
}

/** A body and the digest that is complete once the body was read to its end. */
export interface Content {
  chunks: AsyncIterable<Buffer>;
  digest: Digest;
}

/** Any stream of buffers as content. */
export function contentOf(source: AsyncIterable<Buffer>, algorithms = USUAL): Content {
  const digest = new Digest(algorithms);
  return { chunks: digested(source, digest), digest };
}

/** Passes a body on and feeds the digest. */
export async function* digested(source: AsyncIterable<Buffer>, digest: Digest): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    digest.update(chunk);
    yield chunk;
  }
}
