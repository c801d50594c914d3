import { messageOf } from '@edgeflow/contracts';
import type { CloudFrame, DeviceFrame, Hello, Welcome } from '@edgeflow/contracts';
import type { Clock, Stop } from '@edgeflow/runtime';
import type { Network, TunnelSocket } from '../cloud/network.js';
import type { AgentLog } from '../log.js';
import { readCloudFrame } from './frames.js';
import type { Loss } from './reconnect.js';
import { lossOf } from './refused-upgrade.js';

export interface ConnectOptions {
  url: URL;
  connections: Network;
  token: string;
  hello: Hello;
  onWelcome(welcome: Welcome): void;
  onFrame(frame: Exclude<CloudFrame, Welcome>): void;
  clock: Clock;
  log: AgentLog;
}

/** How long the handshake, and then the welcome, may take, in milliseconds. */
const WELCOME_MS = 15_000;
/** A tunnel is silent after so many heartbeats without a ping or a frame. */
const SILENT_HEARTBEATS = 2.5;
/** The longest heartbeat that a cloud may set, in seconds: a timer that is longer than Node's own would fire at once. */
const HEARTBEAT_MAX_S = 3_600;
/** How long a close handshake may take, in milliseconds. */
const CLOSE_MS = 1_000;
/** With more than this waiting in the socket, in bytes, reports that the next one replaces are not sent. */
const BACKLOG_MAX_BYTES = 64 * 1024;

/** One connection of the tunnel, from the upgrade to its loss. */
export class TunnelConnection {
  private readonly losing = Promise.withResolvers<Loss>();
  /** Settles when the connection is gone. */
  readonly lost = this.losing.promise;
  private readonly socket: TunnelSocket;
  /** How long a silence may last, in milliseconds. */
  private patience_ms = WELCOME_MS;
  private stopWatching: Stop;
  private welcomed = false;
  private failure = '';
  private refusal: Omit<Loss, 'welcomed'> | undefined;

  constructor(private readonly options: ConnectOptions) {
    const { connections, url, token, hello } = options;
    this.stopWatching = this.watch();
    this.socket = connections.openTunnel(
      { url, token },
      {
        opened: () => this.socket.send(JSON.stringify(hello)),
        pinged: () => this.heard(),
        said: (text) => this.read(text),
        refused: (refusal) => (this.refusal = lossOf(refusal)),
        failed: (message) => (this.failure ||= message),
        closed: (code, reason) => this.closed(code, reason),
      },
    );
  }

  /** Sends a frame if the tunnel is up. @returns false when it was not sent */
  send(frame: DeviceFrame): boolean {
    const open = this.welcomed && this.socket.isOpen;
    if (!open || (frame.type === 'progress' && this.socket.waiting > BACKLOG_MAX_BYTES)) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Sends what waits and closes, or cuts after a second. */
  async close(): Promise<void> {
    const stop = this.options.clock.after(CLOSE_MS, () => this.socket.cut());
    this.socket.close();
    await this.lost;
    stop();
  }

  private closed(code: number, reason: string): void {
    this.stopWatching();
    const { welcomed, failure, refusal } = this;
    this.losing.resolve({ code, reason: reason || failure, welcomed, ...refusal });
  }

  /** The cloud's word on the heartbeat replaces the patience of the handshake. */
  private welcome(welcome: Welcome): void {
    const heartbeat_s = Math.min(Math.max(1, welcome.heartbeat_s), HEARTBEAT_MAX_S);
    this.patience_ms = heartbeat_s * SILENT_HEARTBEATS * 1000;
    this.heard();
    this.welcomed = true;
    this.options.onWelcome(welcome);
  }

  /** The silence begins anew. */
  private heard(): void {
    this.stopWatching();
    this.stopWatching = this.watch();
  }

  /** Cuts the connection after a silence; a half-open one is not noticed otherwise. */
  private watch(): Stop {
    return this.options.clock.after(this.patience_ms, () => {
      this.failure ||= `the tunnel was silent for ${this.patience_ms / 1000} s`;
      this.socket.cut();
    });
  }

  private read(text: string): void {
    this.heard();
    try {
      const frame = readCloudFrame(text);
      if (!('type' in frame)) this.options.log.debug({ frame: frame.unknown }, 'a frame of an unknown type');
      else if (frame.type === 'welcome') this.welcome(frame);
      else this.options.onFrame(frame);
    } catch (error) {
      this.options.log.warn({ reason: messageOf(error) }, 'a frame that cannot be read');
    }
  }
}
