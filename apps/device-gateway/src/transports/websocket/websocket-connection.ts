import { TUNNEL_FRAME_BYTES, TUNNEL_MESSAGE_BYTES, type CloudFrame } from '@edgeflow/contracts';
import type { Clock } from '@edgeflow/runtime';
import { frames } from '../../gateway.metrics.js';
import { fullBucket, takeToken, type Bucket, type Rate } from '../../token-bucket.js';
import type { ConnectionInput, DeviceConnection } from '../../session/device-connection.js';
import { tooMany, type Ending } from '../../session/ending.js';
import { inputsOf } from './frames/frame-inputs.js';
import { frameText } from './frames/frame-text.js';
import { parseFrame, type Parsed } from './frames/frames.js';
import { brokenProtocol, closedByPeer, noPong, sendBufferFull } from './socket-endings.js';

/** Frames that a device may send: a working one sends a few a second, and more at once after an outage. */
const FRAMES: Rate = { per_s: 100, burst: 200 };
/** Bytes of frames beyond their limit, which are read all the same: so many that no report is lost, and too few to keep the gateway busy. */
const BEYOND: Rate = { per_s: TUNNEL_FRAME_BYTES, burst: 2 * TUNNEL_MESSAGE_BYTES };
/** Bytes that may wait for a device that reads slowly. */
const SEND_BUFFER_BYTES = 256 * 1024;
/** Pings that may stay without an answer; at the next one the connection counts as lost. */
const SILENT_BEATS = 2;

/** The close codes with which ws answers them (RFC 6455, section 7.4.1); 1002, protocol error, for all others. */
const VIOLATIONS: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
};

/** What of a `WebSocket` of ws a tunnel takes. */
export interface PeerSocket {
  readonly readyState: number;
  readonly OPEN: number;
  /** Bytes that were sent and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
  on(event: 'message', hear: (data: Buffer, isBinary: boolean) => void): unknown;
  on(event: 'ping' | 'pong', hear: () => void): unknown;
  on(event: 'close', hear: (code: number, reason: Buffer) => void): unknown;
  on(event: 'error', hear: (error: Error) => void): unknown;
}

/** A tunnel, by which a device is connected: frames in and out, with their limits, and pings. What they mean is the session's business. */
export class WebSocketConnection implements DeviceConnection {
  private readonly bucket: Bucket;
  private readonly beyond: Bucket;
  private unanswered = 0;

  constructor(
    private readonly socket: PeerSocket,
    private readonly take: (input: ConnectionInput) => void,
    private readonly clock: Pick<Clock, 'steady_ms'>,
  ) {
    this.bucket = fullBucket(FRAMES, clock.steady_ms());
    this.beyond = fullBucket(BEYOND, clock.steady_ms());
    socket.on('message', (data: Buffer, isBinary: boolean) => this.receive(data, isBinary));
    socket.on('ping', () => this.count());
    socket.on('pong', () => (this.unanswered = this.count() ? 0 : this.unanswered));
    socket.on('close', (code: number, reason: Buffer) => this.end(closedByPeer(code, reason.toString())));
    socket.on('error', (error) => this.onError(error));
  }

  /** Sends a frame; a device that does not read is cut off. */
  send(frame: CloudFrame): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > SEND_BUFFER_BYTES) return this.end(sendBufferFull);
    frames.inc({ direction: 'out', type: frame.type });
    this.socket.send(JSON.stringify(frame));
  }

  /** Closes the connection as the ending says; a second call does nothing. */
  close({ how, close_code, reason, detail }: Ending): void {
    if (how === 'gone' || how === 'broken') return;
    if (how === 'cut') return this.socket.terminate();
    if (how === 'refuse') this.send({ type: 'error', code: reason, detail });
    this.socket.close(close_code, reason);
  }

  /** Pings; a device that gave no sign of life for two intervals is gone. */
  alive(): true | Ending {
    if (this.unanswered >= SILENT_BEATS) return noPong;
    this.unanswered += 1;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
    return true;
  }

  /** ws closes by itself what breaks the protocol; of a lost connection `close` tells. */
  private onError(error: Error & { code?: unknown }): void {
    const code = String(error.code);
    if (code.startsWith('WS_ERR_')) this.end(brokenProtocol(VIOLATIONS[code] ?? 1002, error.message));
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.unanswered = 0;
    const beyond = Math.max(0, data.byteLength - TUNNEL_FRAME_BYTES);
    if (!this.count(beyond)) return;
    const { text, remarks } = frameText(data, isBinary);
    const inputs = inputsOf(counted(parseFrame(text)), this.clock.steady_ms(), remarks);
    // A text that was cut holds on to the whole one in V8: of a large frame only what was taken is kept.
    for (const input of beyond > 0 ? structuredClone(inputs) : inputs) this.take(input);
  }

  /**
   * Frames of all kinds cost the gateway something.
   * @param beyond bytes over the limit of a frame
   * @returns false when there were too many
   */
  private count(beyond = 0): boolean {
    const at = this.clock.steady_ms();
    if (takeToken(this.bucket, FRAMES, at) && takeToken(this.beyond, BEYOND, at, beyond)) return true;
    this.end(tooMany);
    return false;
  }

  private end(ending: Ending): void {
    this.take({ type: 'end', ending });
  }
}

/** A device chooses its words: only known types become a label. */
function counted(parsed: Parsed): Parsed {
  frames.inc({ direction: 'in', type: parsed.kind === 'frame' ? parsed.frame.type : parsed.kind });
  return parsed;
}
