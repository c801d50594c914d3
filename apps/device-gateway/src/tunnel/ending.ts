import { CLOSE } from '@edgeflow/contracts';

/**
 * How a tunnel ends. `how` says what is left to do on the socket: `refuse` sends an `error` frame and closes, `close` closes,
 * `cut` drops the connection without a word (the peer would not read it), `gone` means that the socket is closed already.
 */
export interface Ending {
  how: 'refuse' | 'close' | 'cut' | 'gone';
  /** A WebSocket close code (RFC 6455, section 7.4); 4400 and above are the tunnel's own (DESIGN.md section 8). */
  close_code: number;
  /** A stable code: in the `error` frame, in DeviceDisconnected and in metrics. */
  reason: string;
  detail: string;
}

const refuse = (close_code: number, reason: string, detail: string): Ending => ({
  how: 'refuse',
  close_code,
  reason,
  detail,
});

export const badFrame = (detail: string): Ending => refuse(CLOSE.badFrame, 'bad-frame', detail);
export const modelMismatch = (registered: string, said = ''): Ending =>
  refuse(CLOSE.badFrame, 'model-mismatch', `The device is registered as ${registered}, and says that it is ${said}.`);
export const notAuthorized: Ending = refuse(CLOSE.notAuthorized, 'not-authorized', 'The device is not registered.');
export const keyRotated: Ending = refuse(CLOSE.notAuthorized, 'key-rotated', 'The device has another key now.');
export const revoked: Ending = refuse(CLOSE.revoked, 'revoked', 'The device is revoked.');
export const noHello: Ending = refuse(CLOSE.noHello, 'no-hello', 'The first frame is hello; it did not come in time.');
export const replaced: Ending = refuse(CLOSE.replaced, 'replaced', 'The device opened a newer tunnel.');
export const tooMany: Ending = refuse(CLOSE.tooMany, 'too-many', 'Too many frames.');

export const tooManyTunnels: Ending = refuse(
  CLOSE.tooMany,
  'too-many',
  'The device came too often in a minute; it may come again in the next one.',
);

/** The device does not read what it is sent: a close frame would wait behind the rest. */
export const sendBufferFull: Ending = {
  how: 'cut',
  close_code: CLOSE.tooMany,
  reason: 'send-buffer-full',
  detail: 'The device does not read.',
};
/** 1006: the connection is lost without a close frame. */
export const noPong: Ending = { how: 'cut', close_code: 1006, reason: 'no-pong', detail: 'The device is silent.' };
/** 1012, service restart: come back, perhaps to another gateway. */
export const gatewayStopping: Ending = {
  how: 'close',
  close_code: 1012,
  reason: 'gateway-stopping',
  detail: 'The gateway stops.',
};
/** 1013, try again later. */
export const logUnavailable: Ending = {
  how: 'close',
  close_code: 1013,
  reason: 'log-unavailable',
  detail: 'The event log does not answer.',
};

/** The socket is closed: by the device, or by the network (1006). */
export function closedByPeer(close_code: number, reason: string): Ending {
  const fallback = close_code === 1006 ? 'connection-lost' : 'closed-by-device';
  return { how: 'gone', close_code, reason: reason.slice(0, 256) || fallback, detail: '' };
}
/** What came is no WebSocket message that is taken here, e.g. (1009) it is far too large. */
export function brokenProtocol(close_code: number): Ending {
  return { how: 'gone', close_code, reason: close_code === 1009 ? 'frame-too-large' : 'protocol-error', detail: '' };
}

/** 1011, the server failed: a bug of ours, in the log with its cause. */
export const internalError: Ending = {
  how: 'close',
  close_code: 1011,
  reason: 'internal-error',
  detail: 'The gateway failed.',
};
