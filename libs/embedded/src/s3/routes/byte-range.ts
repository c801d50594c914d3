import { S3Error } from '../s3-error.js';

/** Both ends are included, as in HTTP. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * The part of an object that a Range header asks for (RFC 9110, section 14.1.2).
 * @returns undefined for the whole object: no header, another unit, or several ranges, which S3 does not serve
 * @throws S3Error InvalidRange when nothing of it lies inside the object
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [, from = '', to = ''] = match;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  if (start > end) throw new S3Error('InvalidRange', undefined, { 'content-range': `bytes */${size}` });
  return { start, end };
}
