import { createHmac, timingSafeEqual } from 'node:crypto';
import { presignedLife } from '../presigned-life.js';

/** By so much a URL may be signed ahead of the store's clock, in milliseconds. */
const SKEW_MS = 15 * 60_000;

/** Whose object a URL is for. */
export interface Place {
  bucket: string;
  key: string;
}

/** Makes presigned URLs and judges them, in the form of Signature Version 4: what it says, it says in the same query parameters. */
export class PresignedUrls {
  /** @param origin what the URLs name, https */
  constructor(
    private readonly origin: string,
    private readonly secret: string,
  ) {}

  /** See `ObjectStore.presignGet`. */
  sign({ bucket, key }: Place, expires_s: number, at: Date): { url: string; expires_at: Date } {
    const { signed_at, expires_at } = presignedLife(expires_s, at);
    const path = `/${bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;
    const url = new URL(this.origin + path);
    url.searchParams.set('X-Amz-Date', signed_at.toISOString().replace(/[-:]|\.000/g, ''));
    url.searchParams.set('X-Amz-Expires', String(expires_s));
    url.searchParams.set('X-Amz-Signature', this.signatureOf(url));
    return { url: url.href, expires_at };
  }

  /** Whose object a URL may be used for at this time; why it may not, in the words of S3's error codes. */
  judge(url: URL, now: Date): Place | 'AccessDenied' | 'SignatureDoesNotMatch' {
    const given = url.searchParams.get('X-Amz-Signature');
    if (given === null) return 'AccessDenied';
    const [ours, theirs] = [Buffer.from(this.signatureOf(url)), Buffer.from(given)];
    if (ours.length !== theirs.length || !timingSafeEqual(ours, theirs)) return 'SignatureDoesNotMatch';
    const signed_ms = timeOf(url.searchParams.get('X-Amz-Date') ?? '');
    const life_ms = Number(url.searchParams.get('X-Amz-Expires')) * 1000;
    const age_ms = now.getTime() - signed_ms;
    if (age_ms < -SKEW_MS || age_ms > life_ms) return 'AccessDenied';
    const [bucket = '', ...key] = url.pathname.slice(1).split('/');
    return { bucket, key: key.map(decodeURIComponent).join('/') };
  }

  private signatureOf({ host, pathname, searchParams }: URL): string {
    const said = ['X-Amz-Date', 'X-Amz-Expires'].map((name) => searchParams.get(name));
    return createHmac('sha256', this.secret)
      .update(JSON.stringify(['GET', host, pathname, ...said]))
      .digest('hex');
  }
}

function timeOf(text: string): number {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  return Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
}
