import { CLOSE } from '@edgeflow/contracts';

/**
 * How a session ends. `how` says what is left to do on its connection: `refuse` sends an `error` and closes, `close` closes,
 * `cut` drops it without a word (the peer would not read it), `broken` means that the transport closes it over what came,
 * `gone` that it is closed already.
 */
export interface Ending {
  how: 'refuse' | 'close' | 'cut' | 'broken' | 'gone';
  /** A WebSocket close code (RFC 6455, section 7.4); 4400 and above are the tunnel's own (docs/device-protocol.md). */
  close_code: number;
  /** A stable code: in the `error` frame, in DeviceDisconnected and in metrics. */
  reason: string;
  detail: string;
}

const ends =
  (how: Ending['how']) =>
  (close_code: number, reason: string, detail: string): Ending => ({ how, close_code, reason, detail });
const refuse = ends('refuse');
const close = ends('close');

export const badFrame = (detail: string): Ending => refuse(CLOSE.badFrame, 'bad-frame', detail);
export const modelMismatch = (registered: string, said = ''): Ending =>
  refuse(CLOSE.badFrame, 'model-mismatch', `The device is registered as ${registered}, and says that it is ${said}.`);
export const notAuthorized: Ending = refuse(CLOSE.notAuthorized, 'not-authorized', 'The device is not registered.');
export const keyRotated: Ending = refuse(CLOSE.notAuthorized, 'key-rotated', 'The device has another key now.');
export const revoked: Ending = refuse(CLOSE.revoked, 'revoked', 'The device is revoked.');
export const removed: Ending = refuse(CLOSE.revoked, 'removed', 'The device was taken out of service.');
export const noHello: Ending = refuse(CLOSE.noHello, 'no-hello', 'The first frame is hello; it did not come in time.');
export const replaced: Ending = refuse(CLOSE.replaced, 'replaced', 'The device opened a newer tunnel.');
export const tooMany: Ending = refuse(CLOSE.tooMany, 'too-many', 'Too many frames.');

export const tooManySessions: Ending = refuse(
  CLOSE.tooMany,
  'too-many',
  'The device came too often in a minute; it may come again in the next one.',
);

/** 1012: come back, as what it is registered now. */
export const modelChanged: Ending = close(1012, 'model-changed', 'The device is registered as another model now.');
/** 1012: come back, and say again what the log has lost. */
export const logCut: Ending = close(1012, 'log-cut', 'The event log has lost what was said last.');
/** 1012, service restart: come back, perhaps to another gateway. */
export const gatewayStopping: Ending = close(1012, 'gateway-stopping', 'The gateway stops.');
/** 1013, try again later. */
export const logUnavailable: Ending = close(1013, 'log-unavailable', 'The event log does not answer.');
/** 1011, the server failed: a bug of ours, in the log with its cause. */
export const internalError: Ending = close(1011, 'internal-error', 'The gateway failed.');
