/** What of a response decides how to go on. */
export interface ResponseHead {
  status: number;
  content_range?: string;
  content_length?: string;
  content_encoding?: string;
}

/** How to go on after a response to a request for the bytes from `offset` on. */
export type Verdict =
  | { type: 'append' }
  /** The body is the whole image: what is here is dropped first. */
  | { type: 'rewind' }
  /** What is here fits to nothing the server has: drop it and ask for the whole. */
  | { type: 'start-anew' }
  /** This URL is good for nothing any more. */
  | { type: 'refused'; reason: string }
  | { type: 'later'; reason: string }
  /** Not the image: a login page, another file, a proxy's own idea of it. Nothing of the body is taken. */
  | { type: 'strange'; reason: string };

const RANGE = /^bytes (\d+)-(\d+)\/(\d+|\*)$/;

/** The decision of a resume (RFC 9110, section 14: Range, 206, 416). Pure. */
export function judge(head: ResponseHead, offset: number, size: number): Verdict {
  const { status, content_encoding = 'identity' } = head;
  const hasBody = status === 200 || status === 206;
  if (hasBody && content_encoding.toLowerCase() !== 'identity') return strange(`it comes as ${content_encoding}`);
  if (status === 206) return judgePartial(head, offset, size);
  if (status === 200) return judgeWhole(head, offset, size);
  if (status === 416) return offset > 0 ? { type: 'start-anew' } : strange('HTTP 416 to a request for all of it');
  const reason = `HTTP ${status}`;
  if (status === 408 || status === 429 || status >= 500) return { type: 'later', reason };
  return status < 400 ? strange(reason) : { type: 'refused', reason };
}

function judgePartial({ content_range, content_length }: ResponseHead, offset: number, size: number): Verdict {
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
function judgeWhole({ content_length }: ResponseHead, offset: number, size: number): Verdict {
  if (content_length !== undefined && Number(content_length) !== size) return wrongSize(Number(content_length), size);
  return offset === 0 ? { type: 'append' } : { type: 'rewind' };
}

const wrongSize = (actual: number, size: number): Verdict => strange(`it has ${actual} bytes, not ${size}`);

function strange(why: string): Verdict {
  return { type: 'strange', reason: `the answer is not the image: ${why}` };
}
