import { CLOSE } from '@edgeflow/contracts';
import type { Ending } from '../../session/ending.js';

/** The device does not read what it is sent: a close frame would wait behind the rest. */
export const sendBufferFull: Ending = {
  how: 'cut',
  close_code: CLOSE.tooMany,
  reason: 'send-buffer-full',
  detail: 'The device does not read.',
};
/** 1006: the connection is lost without a close frame. */
export const noPong: Ending = { how: 'cut', close_code: 1006, reason: 'no-pong', detail: 'The device is silent.' };

/** The socket is closed: by the device, or by the network (1006). */
export function closedByPeer(close_code: number, reason: string): Ending {
  const fallback = close_code === 1006 ? 'connection-lost' : 'closed-by-device';
  return { how: 'gone', close_code, reason: reason.slice(0, 256) || fallback, detail: '' };
}
/** What came is no WebSocket message that is taken here, e.g. (1009) it is far too large. */
export function brokenProtocol(close_code: number, detail: string): Ending {
  return { how: 'broken', close_code, reason: close_code === 1009 ? 'frame-too-large' : 'protocol-error', detail };
}

/** It might be taken at another time: too many devices send such frames now. */
export const noFrameRoom: Ending = brokenProtocol(1009, 'The gateway has no room for so large a frame now.');
