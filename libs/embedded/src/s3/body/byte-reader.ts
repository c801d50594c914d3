import { S3Error } from '../s3-error.js';

/** Reads lines and byte runs out of a stream of buffers, without holding more than one buffer and one line. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The text up to the next CRLF, which is taken too. @throws S3Error IncompleteBody when there is none in `limit` bytes */
  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf('\r\n');
      if (end >= 0) {
        const text = this.rest.toString('latin1', 0, end);
        this.rest = this.rest.subarray(end + 2);
        return text;
      }
      if (this.rest.length > limit) throw new S3Error('IncompleteBody', 'The aws-chunked framing is broken');
      this.rest = Buffer.concat([this.rest, await this.next()]);
    }
  }

  /** The next `length` bytes, in pieces. @throws S3Error IncompleteBody when the stream ends before */
  async *take(length: number): AsyncGenerator<Buffer> {
    for (let missing = length; missing > 0;) {
      if (this.rest.length === 0) this.rest = await this.next();
      const piece = this.rest.subarray(0, missing);
      this.rest = this.rest.subarray(piece.length);
      missing -= piece.length;
      yield piece;
    }
  }

  private async next(): Promise<Buffer> {
    const { done, value } = await this.source.next();
    if (done) throw new S3Error('IncompleteBody');
    return value;
  }
}
