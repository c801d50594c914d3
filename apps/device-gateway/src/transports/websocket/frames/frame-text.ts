import { isUtf8 } from 'node:buffer';
import { TUNNEL_FRAME_BYTES } from '@edgeflow/contracts';
import { wrongForm, type Remark } from '../../../session/device-frame.js';

/** A message of the WebSocket as text, and what is wrong with its form. */
export interface FrameText {
  text: string;
  remarks: readonly Remark[];
}

/** Without a byte order mark; what is no UTF-8 becomes U+FFFD. */
const decoder = new TextDecoder();

/**
 * The text in a message, whatever it came as: a report is not lost for its form. NUL behind it is none of it: that is
 * how a text ends in C.
 */
export function frameText(data: Buffer, isBinary: boolean): FrameText {
  return {
    text: decoder.decode(withoutNul(data)),
    remarks: [
      ...(isBinary ? [wrongForm('frames are text')] : []),
      ...(data.byteLength > TUNNEL_FRAME_BYTES ? [wrongForm(`a frame has at most ${TUNNEL_FRAME_BYTES} bytes`)] : []),
      ...(isUtf8(data) ? [] : [wrongForm('the frame is not UTF-8')]),
    ],
  };
}

function withoutNul(data: Buffer): Buffer {
  let end = data.byteLength;
  while (end > 0 && data[end - 1] === 0) end -= 1;
  return data.subarray(0, end);
}
