import { TUNNEL_FRAME_BYTES, TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import type { CloudFrame, DeviceFrame, Hello, Welcome } from '@edgeflow/contracts';
import { WebSocket, type RawData } from 'ws';
import type { Connections } from '../cloud/connections.js';
import { reasonOf, type AgentLog } from '../log.js';
import { readCloudFrame } from './frames.js';
import type { Loss } from './reconnect.js';
import { closeCodeOf, type Refusal } from './refused-upgrade.js';

export interface ConnectionEvents {
  onWelcome(welcome: Welcome): void;
  onFrame(frame: Exclude<CloudFrame, Welcome>): void;
}

export interface ConnectOptions extends ConnectionEvents {
  url: URL;
  connections: Connections;
  token: string;
  hello: Hello;
  log: AgentLog;
}

/** How long the handshake, and then the welcome, may take, in milliseconds. */
const WELCOME_MS = 15_000;
/** A tunnel is silent after so many heartbeats without a ping or a frame. */
const SILENT_HEARTBEATS = 2.5;
/** How long a close handshake may take, in milliseconds. */
const CLOSE_MS = 1_000;
/** With more than this waiting in the socket, in bytes, reports that the next one replaces are not sent. */
const BACKLOG_MAX_BYTES = 64 * 1024;

/** One connection of the tunnel, from the upgrade to its loss. */
export class TunnelConnection {
  /** Settles when the connection is gone. */
  readonly lost: Promise<Loss>;
  private readonly socket: WebSocket;
  private watchdog: NodeJS.Timeout;
  private welcomed = false;
  private failure = '';

  constructor(private readonly options: ConnectOptions) {
    this.socket = new WebSocket(options.url, TUNNEL_PROTOCOL, {
      headers: { authorization: `Bearer ${options.token}` },
      ...(options.url.protocol === 'wss:' && { agent: options.connections.upgrades }),
      maxPayload: TUNNEL_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
    });
    this.watchdog = this.watch(WELCOME_MS);
    this.lost = this.listen();
  }

  /** Sends a frame if the tunnel is up. @returns false when it was not sent */
  send(frame: DeviceFrame): boolean {
    const open = this.welcomed && this.socket.readyState === WebSocket.OPEN;
    if (!open || (frame.type === 'progress' && this.socket.bufferedAmount > BACKLOG_MAX_BYTES)) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Sends what waits and closes, or cuts after a second. */
  async close(): Promise<void> {
    const cut = setTimeout(() => this.socket.terminate(), CLOSE_MS);
    this.socket.close(1000);
    await this.lost;
    clearTimeout(cut);
  }

  private listen(): Promise<Loss> {
    const { socket, options } = this;
    let refusal: Refusal | undefined;
    socket.on('open', () => socket.send(JSON.stringify(options.hello)));
    socket.on('ping', () => this.watchdog.refresh());
    socket.on('message', (data) => this.read(data));
    socket.on('error', (error) => (this.failure ||= reasonOf(error)));
    socket.on('unexpected-response', (_request, response) => {
      void closeCodeOf(response).then((answer) => {
        refusal = answer;
        this.failure = answer.reason;
        socket.terminate();
      });
    });
    return new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        clearTimeout(this.watchdog);
        resolve({
          ...{ code, reason: reason.toString() || this.failure, welcomed: this.welcomed },
          ...refusal,
        });
      });
    });
  }

  /** The cloud's word on the heartbeat replaces the patience of the handshake. */
  private welcome(welcome: Welcome): void {
    clearTimeout(this.watchdog);
    this.watchdog = this.watch(Math.max(1, welcome.heartbeat_s) * SILENT_HEARTBEATS * 1000);
    this.welcomed = true;
    this.options.onWelcome(welcome);
  }

  /** Cuts the connection after a silence; a half-open one is not noticed otherwise. */
  private watch(silence_ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.failure ||= `the tunnel was silent for ${silence_ms / 1000} s`;
      this.socket.terminate();
    }, silence_ms);
  }

  private read(data: RawData): void {
    this.watchdog.refresh();
    try {
      const read = readCloudFrame(data.toString());
      if (read.type === 'unknown') this.options.log.debug({ frame: read.name }, 'a frame of an unknown type');
      else if (read.frame.type === 'welcome') this.welcome(read.frame);
      else this.options.onFrame(read.frame);
    } catch (error) {
      this.options.log.warn({ reason: reasonOf(error) }, 'a frame that cannot be read');
    }
  }
}
