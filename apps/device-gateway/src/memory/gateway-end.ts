import { EventEmitter } from 'node:events';
import { TUNNEL_MESSAGE_BYTES } from '@edgeflow/contracts';
import type { PeerSocket } from '../transports/websocket/websocket-connection.js';
import type { Wire } from './wire.js';

/** What the device's end is told. */
export interface FarEnd {
  said(text: string): void;
  pinged(): void;
  /** A close frame came. */
  toldToClose(code: number, reason: string): void;
  /** The connection is gone, without a word. */
  lost(): void;
}

/** Bytes of a control frame, about. */
const CONTROL_BYTES = 8;
/** The states of a WebSocket. */
const [OPEN, CLOSING, CLOSED] = [1, 2, 3];

/** The gateway's end of a tunnel in memory: as `ws` behaves, as far as a tunnel looks at it. */
export class GatewayEnd extends EventEmitter implements PeerSocket {
  readonly OPEN = OPEN;
  readyState = OPEN;

  constructor(
    private readonly wire: Wire,
    private readonly device: FarEnd,
  ) {
    super();
  }

  get bufferedAmount(): number {
    return this.wire.waiting;
  }

  send(text: string): void {
    if (this.readyState === OPEN) this.wire.send(Buffer.byteLength(text), () => this.device.said(text));
  }

  ping(): void {
    this.wire.send(CONTROL_BYTES, () => this.device.pinged());
  }

  close(code: number, reason: string): void {
    if (this.readyState !== OPEN) return;
    this.readyState = CLOSING;
    this.wire.send(CONTROL_BYTES, () => this.device.toldToClose(code, reason));
  }

  terminate(): void {
    this.wire.send(0, () => this.device.lost());
    queueMicrotask(() => this.gone(1006, ''));
  }

  /** A message came; one that is far above a frame's limit is not even read. */
  receive(text: string): void {
    if (this.readyState === CLOSED) return;
    const data = Buffer.from(text);
    if (data.byteLength <= TUNNEL_MESSAGE_BYTES) return void this.emit('message', data, false);
    const code = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    this.emit('error', Object.assign(new RangeError('Max payload size exceeded'), { code }));
    this.close(1009, '');
  }

  /** The device has closed, or has answered a close: or the connection is lost (1006). */
  gone(code: number, reason: string): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.emit('close', code, Buffer.from(reason));
  }
}
