import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer } from 'http-proxy-3';
import { problem, type Answer } from './problem.js';

/** Codes of a connection that was never made: the request has had no effect and may be sent again. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'ECONNECT_TIMEOUT']);
const CONNECT_MS = 5_000;
/** How long a client may take to read the last words of a connection that is over, in milliseconds. */
const LAST_WORDS_MS = 5_000;

/** Passes requests on as streams, in both directions; the Host header stays as the client sent it. */
export class Forwarder {
  // Paths go on byte by byte (toProxy): a signature may be over them. Nothing but the client decides how long it takes.
  private readonly proxy = createProxyServer({
    toProxy: true,
    changeOrigin: false,
    proxyTimeout: 0,
    timeout: 0,
    connectTimeout: CONNECT_MS,
  });

  constructor() {
    this.proxy.on('error', (error, request, to) => this.failed(error, request, to));
    this.proxy.on('proxyReqWs', (request, _asked, client) => {
      request.once('upgrade', (_answer, service: Socket) => service.once('close', () => seeOff(client)));
    });
    this.proxy.on('proxyRes', (answer, request, response) => {
      // That the service closes its connection is no reason to close the client's: a TLS handshake costs more than most
      // requests. A client that still sends what nobody reads has to be cut off, though.
      if (request.complete) delete answer.headers.connection;
      // A pipe does not pass on that its source broke: the client would wait for ever.
      answer.once('close', () => {
        if (!answer.complete) response.destroy();
      });
    });
  }

  /** A request to a service, which learns in `X-Forwarded-*` who asked, and how. */
  toService(request: IncomingMessage, response: ServerResponse, url: string): void {
    forgetForwarded(request);
    this.proxy.web(request, response, { target: url, xfwd: true });
  }

  /** A request to the S3 endpoint, just as it is. */
  toBucket(request: IncomingMessage, response: ServerResponse, url: string): void {
    this.proxy.web(request, response, { target: url });
  }

  /** A WebSocket upgrade. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, url: string): void {
    forgetForwarded(request);
    this.proxy.ws(request, socket as Socket, head, { target: url, xfwd: true });
  }

  private failed(error: Error & { code?: string }, request: IncomingMessage, to: ServerResponse | Socket): void {
    const detail = 'The service behind this address does not answer; it is started again, try in a moment';
    const status = NOT_CONNECTED.has(error.code ?? '') ? 503 : 502;
    const path = request.url?.split('?', 1)[0] ?? '/';
    const answer = problem('service-unavailable', detail, path, status);
    // The rest of its body goes nowhere: it must not be waited for before the next request of the client.
    if (!(to instanceof Socket) && !to.headersSent && !request.complete) to.setHeader('connection', 'close');
    if (to instanceof Socket) refuseUpgrade(to, answer);
    else if (!to.headersSent) send(to, answer);
    // Part of an answer is out: cutting it short is the only way left to say that it is not whole.
    else if (!to.writableEnded) to.destroy();
  }
}

/** Ending our own side is not enough: a client that never ends the other one would keep its connection for ever. */
function seeOff(client: Duplex): void {
  client.end();
  const timer = setTimeout(() => client.destroy(), LAST_WORDS_MS);
  client.once('close', () => clearTimeout(timer));
}

/** What a client says of itself is not for it to say. */
function forgetForwarded({ headers }: IncomingMessage): void {
  delete headers['forwarded'];
  delete headers['x-forwarded-for'];
  delete headers['x-forwarded-host'];
  delete headers['x-forwarded-port'];
  delete headers['x-forwarded-proto'];
}

/** Answers a request. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}

/** Answers an upgrade with plain HTTP, and hangs up. */
export function refuseUpgrade(socket: Duplex, { status, headers, body }: Answer): void {
  if (!socket.writable) return;
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
  socket.write([`HTTP/1.1 ${status} `, ...lines, '', body].join('\r\n'));
  seeOff(socket);
}
