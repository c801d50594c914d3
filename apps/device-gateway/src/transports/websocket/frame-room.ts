import type { Duplex } from 'node:stream';
import { TUNNEL_FRAME_BYTES, TUNNEL_MESSAGE_BYTES } from '@edgeflow/contracts';
import type { WebSocket } from 'ws';

/** So much of a message may be under way on every tunnel; in bytes, a few frames as they should be. */
const OF_A_TUNNEL = 4 * TUNNEL_FRAME_BYTES;
/** So much more on all tunnels of a gateway together, in bytes: many devices at once that never come to an end must not take its memory. */
const OF_ALL = 64 * 1024 * 1024;
/** Of a control frame from a client (RFC 6455, section 5.2): opcode, length, mask. */
const CONTROL_HEADER_BYTES = 6;

/** The memory for messages that are larger than any should be, and not whole yet. */
export class FrameRoom {
  private taken = 0;

  constructor(private readonly bytes = OF_ALL) {}

  /**
   * Counts what has come of the message that is under way on a tunnel.
   * @param wire the connection below it
   * @param onFull called when there is no room for more of it: the tunnel has to end
   */
  watch(socket: WebSocket, wire: Duplex, onFull: () => void): void {
    let under_way = 0;
    const set = (bytes: number): void => {
      // Past a message's limit nothing is kept: ws has given up.
      const held = Math.min(bytes, OF_A_TUNNEL + TUNNEL_MESSAGE_BYTES);
      this.taken += beyond(held) - beyond(under_way);
      under_way = held;
    };
    const count = (chunk: Buffer): void => {
      set(under_way + chunk.byteLength);
      if (this.taken > this.bytes && beyond(under_way) > 0) onFull();
    };
    const stop = (): void => {
      wire.off('data', count);
      set(0);
    };
    const control = (data: Buffer): void => set(Math.max(0, under_way - data.byteLength - CONTROL_HEADER_BYTES));
    // Before ws, which tells of a message as soon as its last byte is there.
    wire.prependListener('data', count);
    socket.on('message', () => set(0));
    socket.on('ping', control);
    socket.on('pong', control);
    socket.on('error', stop);
    socket.on('close', stop);
  }
}

function beyond(bytes: number): number {
  return Math.max(0, bytes - OF_A_TUNNEL);
}
