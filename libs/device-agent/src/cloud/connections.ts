import { Agent as HttpAgent } from 'node:http';
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import { createSecureContext } from 'node:tls';

export interface ConnectionOptions {
  /** The certificate authority to trust, PEM, in place of the system's. */
  ca?: string | Buffer;
  /** The device's own certificate and key, PEM, for gateways that ask tunnels for one (mTLS); nobody else gets to see it. */
  certificate?: { cert: Buffer; key: Buffer };
  /** How many HTTP connections at most; more requests wait their turn. Default: no limit. */
  max_sockets?: number;
}

export interface RequestOptions {
  method?: 'GET' | 'POST';
  headers?: OutgoingHttpHeaders;
  body?: string;
  signal: AbortSignal;
}

/** A connection on which nothing moved for so long, in milliseconds, is given up. */
export const IDLE_MS = 30_000;

/** TLS trust and kept-alive connections. One per process: thousands of simulated devices share one. */
export class Connections {
  /** For `wss`: each tunnel is a connection of its own. */
  readonly upgrades: https.Agent;
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

  /**
   * Sends a request and answers with the response's head; its body is the stream. Redirects are not followed.
   * @throws the network's own error, or the signal's reason
   */
  request(url: URL, { method = 'GET', headers = {}, body, signal }: RequestOptions): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    const agent = secure ? this.https : this.http;
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(url, { method, headers, agent, timeout: IDLE_MS }, resolve);
      cutWhenAborted(request, signal);
      request.on('timeout', () => request.destroy(new Error(`nothing came for ${IDLE_MS / 1000} s`)));
      request.on('error', reject);
      request.end(body);
    });
  }

  /** Closes what is kept alive; the process can end. */
  close(): void {
    this.upgrades.destroy();
    this.https.destroy();
    this.http.destroy();
  }
}

/**
 * Node's own `signal` would cut a kept-alive connection that the answer has left already, and so the process: nobody listens to the error
 * of a socket that waits for its next request.
 */
function cutWhenAborted(request: ClientRequest, signal: AbortSignal): void {
  const cut = (): void => {
    // The request has taken its own listener from a socket whose answer it gave up.
    request.socket?.on('error', () => undefined);
    request.destroy(signal.reason);
  };
  const letGo = (): void => signal.removeEventListener('abort', cut);
  signal.addEventListener('abort', cut, { once: true });
  request.on('close', letGo);
  request.on('response', (response) => {
    response.on('end', letGo);
    // Whoever reads the body gets its error; between two reads nobody listens.
    response.on('error', () => undefined);
  });
  if (signal.aborted) cut();
}
