/** What of a response decides how to go on. */
export interface ResponseHead {
  status: number;
  content_range?: string;
  content_length?: string;
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
  | { type: 'wrong-image'; reason: string };

const RANGE = /^bytes (\d+)-\d+\/(\d+|\*)$/;

/** The decision of a resume (RFC 9110, section 14: Range, 206, 416). Pure. */
export function judge({ status, ...head }: ResponseHead, offset: number, size: number): Verdict {
  if (status === 206) return judgePartial(head.content_range, offset, size);
  if (status === 200) return judgeWhole(head.content_length, offset, size);
  if (status === 416) return { type: 'start-anew' };
  const reason = `HTTP ${status}`;
  if (status === 408 || status === 429 || status >= 500 || status < 400) return { type: 'later', reason };
  return { type: 'refused', reason };
}

function judgePartial(contentRange: string | undefined, offset: number, size: number): Verdict {
  const [, start, total] = RANGE.exec(contentRange ?? '') ?? [];
  if (start === undefined || Number(start) !== offset) return { type: 'start-anew' };
  return total === '*' || Number(total) === size ? { type: 'append' } : wrongSize(Number(total), size);
}

/** A server may ignore Range and send all. */
function judgeWhole(contentLength: string | undefined, offset: number, size: number): Verdict {
  if (contentLength !== undefined && Number(contentLength) !== size) return wrongSize(Number(contentLength), size);
  return offset === 0 ? { type: 'append' } : { type: 'rewind' };
}

function wrongSize(actual: number, size: number): Verdict {
  return { type: 'wrong-image', reason: `the image has ${actual} bytes, not ${size}` };
}
