import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { S3Error } from './s3-error.js';

/** Amazon S3 user guide, "Naming objects": at most 1024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;
// eslint's no-control-regex forbids the obvious pattern; \p{Cc} is the same set. XML 1.0 cannot carry these characters.
const CONTROL = /\p{Cc}/u;

/** One request, decoded: whose bucket, which key, with which parameters. Path style only. */
export class S3Request {
  readonly method: string;
  /** The decoded path; the signature is verified over this very path, so what was signed is what is served. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;

  /** @throws S3Error InvalidURI, InvalidArgument, KeyTooLongError */
  constructor(readonly incoming: IncomingMessage) {
    const target = incoming.url ?? '';
    if (!target.startsWith('/')) throw new S3Error('InvalidURI');
    const question = target.indexOf('?');
    this.method = incoming.method ?? '';
    this.path = decode(question < 0 ? target : target.slice(0, question));
    this.query = parseQuery(question < 0 ? '' : target.slice(question + 1));
    const slash = this.path.indexOf('/', 1);
    this.bucket = slash < 0 ? this.path.slice(1) : this.path.slice(1, slash);
    this.key = slash < 0 ? '' : this.path.slice(slash + 1);
    assertKey(this.key);
  }

  get headers(): IncomingHttpHeaders {
    return this.incoming.headers;
  }

  /** A header's value. A presigned URL carries its x-amz-* headers as query parameters; they count alike. */
  header(name: string): string | undefined {
    const value = this.headers[name];
    if (value !== undefined) return Array.isArray(value) ? value.join(',') : value;
    return name.startsWith('x-amz-') ? this.hoisted().get(name) : undefined;
  }

  /** User metadata, without the x-amz-meta- prefix. */
  metadata(): Record<string, string> {
    const prefix = 'x-amz-meta-';
    const names = [...Object.keys(this.headers), ...this.hoisted().keys()].filter((name) => name.startsWith(prefix));
    return Object.fromEntries(names.map((name) => [name.slice(prefix.length), this.header(name) ?? '']));
  }

  private hoisted(): Map<string, string> {
    return new Map([...this.query].map(([name, value]) => [name.toLowerCase(), value]));
  }
}

/** @throws S3Error for a key that S3, or XML, could not carry */
export function assertKey(key: string): void {
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError');
  if (CONTROL.test(key)) throw new S3Error('InvalidURI', 'A key with control characters is not supported');
}

/** @throws S3Error InvalidURI for a broken escape */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (query.has(name)) throw new S3Error('InvalidArgument', 'A query parameter stands twice');
    query.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return query;
}
