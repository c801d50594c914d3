import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Fetch } from '@edgeflow/client';
import { fetchBy, send, type Outgoing } from '@edgeflow/client/node';
import { openWebSocket } from '../tunnel/web-socket.js';
import { BODY_MAX } from './body-max.js';
import type { Network, TunnelEvents, TunnelSocket } from './network.js';

export interface ConnectionOptions {
  /** The certificate authority to trust, PEM, in place of the system's. */
  ca?: string | Buffer;
  /** The device's own certificate and key, PEM, for gateways that ask tunnels for one (mTLS); nobody else gets to see it. */
  certificate?: { cert: Buffer; key: Buffer };
  /** How many HTTP connections at most; more requests wait their turn. Default: no limit. */
  max_sockets?: number;
}

/** A connection on which nothing moved for so long, in milliseconds, is given up. */
const IDLE_MS = 30_000;

/** TLS trust and kept-alive connections. One per process: thousands of simulated devices share one. */
export class Connections implements Network {
  /** For `wss`: each tunnel is a connection of its own. */
  private readonly upgrades: https.Agent;
  readonly fetch: Fetch = fetchBy((url, outgoing) => this.request(url, outgoing), { max_bytes: BODY_MAX });
  private readonly https: https.Agent;
  private readonly http: HttpAgent;

  constructor({ ca, certificate, max_sockets = Infinity }: ConnectionOptions = {}) {
    const trusted = ca === undefined ? {} : { ca };
    const secureContext = createSecureContext(trusted);
    this.upgrades = new https.Agent({ secureContext: createSecureContext({ ...trusted, ...certificate }) });
    const limits = { keepAlive: true, maxSockets: max_sockets };
    this.https = new https.Agent({ ...limits, secureContext });
    this.http = new HttpAgent(limits);
  }

  request(url: URL, outgoing: Outgoing): Promise<IncomingMessage> {
    const agent = url.protocol === 'https:' ? this.https : this.http;
    return send(url, outgoing, { agent, silence_ms: IDLE_MS });
  }

  openTunnel({ url, token }: { url: URL; token: string }, events: TunnelEvents): TunnelSocket {
    return openWebSocket({ url, token, ...(url.protocol === 'wss:' && { agent: this.upgrades }) }, events);
  }

  /** Closes what is kept alive; the process can end. */
  close(): void {
    this.upgrades.destroy();
    this.https.destroy();
    this.http.destroy();
  }
}
