import type { IncomingHttpHeaders } from 'node:http';

/** What of a response decides how to go on. */
export type ResponseHead = { status: number } & Pick<
  IncomingHttpHeaders,
  'content-range' | 'content-length' | 'content-encoding'
>;

/**
 * Ends one try; the next one goes on from the bytes that are here. `refused`: this URL is good for nothing any more. `strange`: not the
 * image, but a login page, another file, a proxy's own idea of it; nothing of the body is taken.
 */
export type Cut = { type: 'cut' | 'refused' | 'strange'; reason: string };

/** How to go on after a response to a request for the bytes from `offset` on. */
export type Verdict =
  | { type: 'append' }
  /** The body is the whole image: what is here is dropped first. */
  | { type: 'rewind' }
  /** What is here fits to nothing the server has: drop it and ask for the whole. */
  | { type: 'start-anew' }
  | Cut;

const RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** The decision of a resume (RFC 9110, section 14: Range, 206, 416). Pure. */
export function judge(head: ResponseHead, offset: number, size: number): Verdict {
  const { status, 'content-encoding': encoding = 'identity' } = head;
  const hasBody = status === 200 || status === 206;
  if (hasBody && encoding.toLowerCase() !== 'identity') return strange(`it comes as ${encoding}`);
  if (status === 206) return judgePartial(head, offset, size);
  if (status === 200) return judgeWhole(head, offset, size);
  if (status === 416) return offset > 0 ? { type: 'start-anew' } : strange('HTTP 416 to a request for all of it');
  const reason = `HTTP ${status}`;
  if (status === 408 || status === 429 || status >= 500) return { type: 'cut', reason };
  return status < 400 ? strange(reason) : { type: 'refused', reason };
}

function judgePartial(head: ResponseHead, offset: number, size: number): Verdict {
  const { 'content-range': content_range, 'content-length': content_length } = head;
  const [, start, end, total] = RANGE.exec(content_range ?? '') ?? [];
  if (start === undefined || Number(start) !== offset) {
    if (offset > 0) return { type: 'start-anew' };
    return strange(`it is ${content_range ?? 'a part of nothing'}, and all of it was asked for`);
  }
  if (total !== '*' && Number(total) !== size) return wrongSize(Number(total), size);
  const length = Number(end) - offset + 1;
  if (length < 1 || Number(end) >= size || (content_length !== undefined && Number(content_length) !== length))
    return strange(`its ${content_length ?? 'unknown number of'} bytes are not ${content_range}`);
  return { type: 'append' };
}

/** A server may ignore Range and send all. */
function judgeWhole({ 'content-length': content_length }: ResponseHead, offset: number, size: number): Verdict {
  if (content_length !== undefined && Number(content_length) !== size) return wrongSize(Number(content_length), size);
  return offset === 0 ? { type: 'append' } : { type: 'rewind' };
}

const wrongSize = (actual: number, size: number): Cut => strange(`it has ${actual} bytes, not ${size}`);

/** The end of a try whose answer is not the image. */
export function strange(why: string): Cut {
  return { type: 'strange', reason: `the answer is not the image: ${why}` };
}
