import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { TUNNEL_PROTOCOL, type CloudFrame, type DeviceFrame } from '@edgeflow/contracts';
import { WebSocket } from 'ws';

export interface TunnelOptions {
  /** Where the gateway is, e.g. `https://localhost:8443` or `http://127.0.0.1:3003`. */
  origin: string;
  /** The device's token; undefined sends none. */
  token?: string | undefined;
  /** The CA of the origin, PEM. */
  ca?: string;
  protocol?: string;
  /** Sent besides the token. */
  headers?: Record<string, string>;
  /** The device's own certificate, PEM. */
  certificate?: { cert: string; key: string };
}

/** The CloudFrame with this `type`. */
export type FrameOf<T extends CloudFrame['type']> = Extract<CloudFrame, { type: T }>;

/** How a tunnel was closed (RFC 6455, section 7.4). */
export interface Closed {
  code: number;
  reason: string;
}

/** The gateway refused the upgrade with this HTTP status. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';

  constructor(
    readonly status: number,
    readonly body: string,
    readonly headers: Readonly<Record<string, string | string[] | undefined>> = {},
  ) {
    super(`the upgrade was refused with ${status}: ${body}`);
  }
}

/** How long a test waits for a frame before it fails, in milliseconds. */
const FRAME_MS = 20_000;

/** The device's end of a tunnel, frame by frame, without a mind of its own: a test says every word. */
export class TunnelClient {
  /** Every frame received, oldest first. */
  readonly frames: CloudFrame[] = [];
  /** Settles when the tunnel is closed by either side. */
  readonly closed: Promise<Closed>;
  private taken = 0;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.frames.push(JSON.parse(data.toString()) as CloudFrame);
    });
    socket.on('error', () => socket.terminate());
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** Opens a tunnel; nothing is said yet. @throws UpgradeRefused */
  static async open(options: TunnelOptions): Promise<TunnelClient> {
    const { origin, token, ca, certificate, protocol = TUNNEL_PROTOCOL } = options;
    const url = `${origin.replace(/^http/, 'ws')}/gateway/v1/tunnel`;
    const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...options.headers };
    const socket = new WebSocket(url, protocol, { headers, ca, ...certificate });
    const refused = new Promise<never>((_, reject) => {
      socket.once('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          reject(new UpgradeRefused(response.statusCode ?? 0, body, response.headers));
        });
      });
    });
    const client = new TunnelClient(socket);
    await Promise.race([once(socket, 'open'), refused]);
    return client;
  }

  /** Sends a frame; a string goes out as it is, legal or not. */
  send(frame: DeviceFrame | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /**
   * The next frame of this type that was not taken yet; those before it are skipped.
   * @throws Error when the tunnel closes, or 20 s pass, before there is one
   */
  async next<T extends CloudFrame['type']>(type: T): Promise<FrameOf<T>> {
    const until = Date.now() + FRAME_MS;
    for (;;) {
      const at = this.frames.findIndex((frame, index) => index >= this.taken && frame.type === type);
      if (at >= 0) {
        this.taken = at + 1;
        return this.frames[at] as FrameOf<T>;
      }
      const seen = this.frames.slice(this.taken).map((frame) => frame.type);
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed before a frame '${type}'; came: ${seen}`);
      if (Date.now() > until) throw new Error(`no frame '${type}' came; came: ${seen}`);
      await this.news(until - Date.now());
    }
  }

  /** Closes as a device does that goes down in good order. */
  async close(code = 1000): Promise<Closed> {
    this.socket.close(code);
    return this.closed;
  }

  /** Cuts the connection, as a lost network does. */
  cut(): void {
    this.socket.terminate();
  }

  /** Settles when something came, or after `ms`. */
  private async news(ms: number): Promise<void> {
    const enough = new AbortController();
    const { signal } = enough;
    // A socket that fails is closed in a moment.
    const frame = once(this.socket, 'message', { signal }).catch(() => this.closed);
    await Promise.race([frame, this.closed, sleep(ms, undefined, { signal })]);
    enough.abort();
  }
}
