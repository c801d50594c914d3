import { TUNNEL_FRAME_BYTES, type CloudFrame } from '@edgeflow/contracts';
import type { WebSocket } from 'ws';
import { frames } from '../gateway.metrics.js';
import { fullBucket, takeToken, type Rate } from '../token-bucket.js';
import { brokenProtocol, closedByPeer, noPong, sendBufferFull, tooMany, type Ending } from './ending.js';
import { inputsOf } from './frame-inputs.js';
import { parseFrame, type Parsed } from './frames.js';
import type { TunnelInput } from './tunnel.state.js';

/** Frames that a device may send: a working one sends a few a second, and more at once after an outage. */
const FRAMES: Rate = { per_s: 100, burst: 200 };
/** Bytes that may wait for a device that reads slowly. */
const SEND_BUFFER_BYTES = 256 * 1024;
/** Pings that may stay without an answer; at the next one the connection counts as lost. */
const SILENT_BEATS = 2;

/** The close codes with which ws answers them (RFC 6455, section 7.4.1); 1002, protocol error, for all others. */
const VIOLATIONS: Readonly<Record<string, number>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
};

/** The WebSocket end of a tunnel: frames in and out, with their limits. What they mean is not its business. */
export class TunnelSocket {
  private readonly bucket = fullBucket(FRAMES, Date.now());
  private unanswered = 0;

  constructor(
    private readonly socket: WebSocket,
    private readonly take: (input: TunnelInput) => void,
  ) {
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
  hangUp({ how, close_code, reason, detail }: Ending): void {
    if (how === 'gone') return;
    if (how === 'cut') return this.socket.terminate();
    if (how === 'refuse') this.send({ type: 'error', code: reason, detail });
    this.socket.close(close_code, reason);
  }

  /** Asks for a sign of life; a device that gave none for two intervals is gone. */
  beat(): void {
    if (this.unanswered >= SILENT_BEATS) return this.end(noPong);
    this.unanswered += 1;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  /** ws closes by itself what breaks the protocol; of a lost connection `close` tells. */
  private onError(error: Error & { code?: unknown }): void {
    const code = String(error.code);
    if (code.startsWith('WS_ERR_')) this.end(brokenProtocol(VIOLATIONS[code] ?? 1002));
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.unanswered = 0;
    if (!this.count()) return;
    if (isBinary) return this.refuse('Frames are text.', data);
    if (data.byteLength > TUNNEL_FRAME_BYTES)
      return this.refuse(`A frame has at most ${TUNNEL_FRAME_BYTES} bytes.`, data);
    for (const input of inputsOf(counted(parseFrame(data.toString())), Date.now())) this.take(input);
  }

  /** The device's last words on this tunnel may be how its update ended. */
  private refuse(detail: string, data: Buffer): void {
    const parsed = parseFrame(data.toString());
    const report = parsed.kind === 'frame' && parsed.frame.type === 'failed' ? parsed.frame : undefined;
    this.take({ type: 'bad-frame', detail, ...(report && { report }) });
  }

  /** Frames of all kinds cost the gateway something. @returns false when there were too many */
  private count(): boolean {
    if (takeToken(this.bucket, FRAMES, Date.now())) return true;
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
