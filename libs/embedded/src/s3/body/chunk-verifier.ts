import { createHash } from 'node:crypto';
import type { Claim } from '../auth/claim.js';
import { isSameSignature, scopeOf, type Signer } from '../auth/signer.js';
import { S3Error } from '../s3-error.js';

const EMPTY_SHA256 = createHash('sha256').digest('hex');
const TRAILER_SIGNATURE = 'x-amz-trailer-signature';

/**
 * Verifies the chain of signatures in a signed aws-chunked body: each covers its chunk and the signature before it, the first
 * of which is the request's own (Amazon S3 API reference, "Signature calculations: transferring payload in multiple chunks").
 */
export class ChunkVerifier {
  private previous: string;
  private hash = createHash('sha256');

  constructor(
    private readonly signer: Signer,
    private readonly claim: Claim,
    private readonly signsTrailers: boolean,
  ) {
    this.previous = claim.signature;
  }

  update(piece: Buffer): void {
    this.hash.update(piece);
  }

  /** @throws S3Error SignatureDoesNotMatch */
  async endChunk(signature: string): Promise<void> {
    await this.verify(signature, 'AWS4-HMAC-SHA256-PAYLOAD', EMPTY_SHA256, this.hash.digest('hex'));
    this.hash = createHash('sha256');
  }

  /** @throws S3Error SignatureDoesNotMatch, also for trailers that should be signed and are not */
  async endTrailers(trailers: ReadonlyMap<string, string>): Promise<void> {
    if (!this.signsTrailers) return;
    const signed = [...trailers].filter(([name]) => name !== TRAILER_SIGNATURE);
    const text = signed.map(([name, value]) => `${name}:${value}\n`).join('');
    const hash = createHash('sha256').update(text).digest('hex');
    await this.verify(trailers.get(TRAILER_SIGNATURE) ?? '', 'AWS4-HMAC-SHA256-TRAILER', hash);
  }

  private async verify(signature: string, kind: string, ...hashes: string[]): Promise<void> {
    const text = [kind, this.claim.date_time, scopeOf(this.claim), this.previous, ...hashes].join('\n');
    const expected = await this.signer.ofText(text, this.claim);
    if (!isSameSignature(expected, signature))
      throw new S3Error('SignatureDoesNotMatch', 'A chunk of the body is not signed rightly');
    this.previous = signature;
  }
}
