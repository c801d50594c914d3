import { createHash } from 'node:crypto';
import { S3Error } from '../s3-error.js';

/** Amazon S3 user guide, "Multipart upload limits". */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/** The record of a stored part. */
export interface Part {
  number: number;
  file: string;
  size: number;
  /** MD5, hexadecimal. */
  etag: string;
  /** Hexadecimal. */
  sha256: string;
  modified_at: string;
}

/** One part as the client lists it on completion. */
export interface NamedPart {
  number: number;
  etag: string;
  /** Base64. */
  sha256?: string | undefined;
}

/** The stored parts that the client names, checked as S3 does. */
export function chooseParts(stored: readonly Part[], named: readonly NamedPart[]): Part[] {
  if (named.length === 0) throw new S3Error('MalformedXML');
  const byNumber = new Map(stored.map((part) => [part.number, part]));
  const chosen = named.map(({ number, etag, sha256 }) => {
    const part = byNumber.get(number);
    const sameHash = sha256 === undefined || Buffer.from(sha256, 'base64').toString('hex') === part?.sha256;
    if (!part || part.etag !== etag || !sameHash) throw new S3Error('InvalidPart');
    return part;
  });
  if (chosen.some((part, at) => at > 0 && part.number <= (chosen[at - 1]?.number ?? 0)))
    throw new S3Error('InvalidPartOrder');
  if (chosen.slice(0, -1).some(({ size }) => size < MIN_PART_BYTES)) throw new S3Error('EntityTooSmall');
  return chosen;
}

/** MD5 over the parts' MD5s, and how many there are: the form of S3. */
export function compositeEtag(parts: readonly Part[]): string {
  const hash = createHash('md5');
  for (const { etag } of parts) hash.update(etag, 'hex');
  return `${hash.digest('hex')}-${parts.length}`;
}
