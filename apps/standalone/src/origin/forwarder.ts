import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Duplex } from 'node:stream';
import { answerRaw, hasBody, lingeringClose, problem, takesTransportSecurity, type Answer } from '@edgeflow/http-edge';
import { systemClock } from '@edgeflow/runtime';
import { createProxyServer } from 'http-proxy-3';
import { readToEnd } from './read-to-end.js';
import { endSilence } from './silence.js';

/** Codes of a connection that was never made: the request has had no effect and may be sent again. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'ECONNECT_TIMEOUT']);
const CONNECT_MS = 5_000;
/** How long a client may take to read the last words of a connection that is over, in milliseconds. */
const LAST_WORDS_MS = 5_000;

/** Passes requests on as streams, in both directions; the Host header stays as the client sent it. */
export class Forwarder {
  // Paths go on byte by byte (toProxy): a signature may be over them. Nothing but the client decides how long it takes, as long as
  // the service does its part (endSilence).
  private readonly proxy = createProxyServer({
    toProxy: true,
    changeOrigin: false,
    proxyTimeout: 0,
    timeout: 0,
    connectTimeout: CONNECT_MS,
  });

  constructor() {
    this.proxy.on('error', (error, request, to) => this.failed(error, request, to));
    this.proxy.on('proxyReq', (asked, request, _response, _options, service) => {
      readToEnd(service);
      endSilence(asked, request);
      // Node sends headers with the first byte of a body, and the service may have its answer before there is one.
      if (hasBody(request)) asked.flushHeaders();
    });
    this.proxy.on('proxyReqWs', (request, asked, client) => {
      endSilence(request, asked);
      request.prependOnceListener('response', (answer) => withholdTransportSecurity(asked, answer));
      request.once('upgrade', (_answer, service: Socket) => service.once('close', () => seeOff(client)));
    });
    this.proxy.on('proxyRes', (answer, request, response) => {
      // That the service closes its connection is no reason to close the client's: a TLS handshake costs more than most
      // requests. A client that still sends what nobody reads has to be cut off, though.
      if (request.complete) delete answer.headers.connection;
      stopSending(request, answer);
      withholdTransportSecurity(request, answer);
      // A pipe does not pass on that its source broke: the client would wait for ever.
      answer.once('close', () => {
        if (!answer.complete) response.destroy();
      });
    });
  }

  /** A request to a service, which learns in `X-Forwarded-*` who asked, and how. */
  toService(request: IncomingMessage, response: ServerResponse, url: string): void {
    forgetForwarded(request);
    forgetUpgrade(request);
    // Node has told the client to go on.
    delete request.headers.expect;
    this.proxy.web(request, response, { target: url, xfwd: true });
  }

  /** A request to the S3 endpoint, just as it is. */
  toBucket(request: IncomingMessage, response: ServerResponse, url: string): void {
    forgetUpgrade(request);
    this.proxy.web(request, response, { target: url });
  }

  /** A WebSocket upgrade. */
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, url: string): void {
    forgetForwarded(request);
    // How the proxy closes a connection whose upgrade was refused; the client may send frames already.
    socket.destroySoon = () => lingeringClose(socket, systemClock);
    this.proxy.ws(request, socket, head, { target: url, xfwd: true });
  }

  private failed(error: Error & { code?: string }, request: IncomingMessage, to: ServerResponse | Socket): void {
    const detail = 'The service behind this address does not answer; it is started again, try in a moment';
    const status = NOT_CONNECTED.has(error.code ?? '') ? 503 : 502;
    const path = request.url?.split('?', 1)[0] ?? '/';
    const answer = problem('service-unavailable', detail, path, status);
    if (to instanceof Socket) answerRaw(to, answer, systemClock);
    else if (!to.headersSent) send(to, answer);
    // Part of an answer is out. Whether the rest comes is seen at the answer itself: a service that has answered may hang up on what it
    // was still being sent.
  }
}

/** Ending our own side is not enough: a client that never ends the other one would keep its connection for ever. */
function seeOff(client: Duplex): void {
  client.end();
  client.once(
    'close',
    systemClock.after(LAST_WORDS_MS, () => void client.destroy()),
  );
}

/**
 * An answer ends its request: what the client still sends of it goes nowhere, and the connection to the service is let go as soon as the
 * answer is here.
 */
function stopSending(request: IncomingMessage, answer: IncomingMessage): void {
  if (request.complete) return;
  request.unpipe();
  answer.once('end', () => answer.socket.destroy());
}

/** Services say that clients are to come by TLS only. It is not to be said over plain http (RFC 6797, section 7.2), nor for every host. */
function withholdTransportSecurity({ socket, headers }: IncomingMessage, answer: IncomingMessage): void {
  const isSecure = (socket as Partial<TLSSocket>).encrypted === true;
  if (!isSecure || !takesTransportSecurity(headers.host)) delete answer.headers['strict-transport-security'];
}

/** What a client says of itself is not for it to say. */
function forgetForwarded({ headers }: IncomingMessage): void {
  delete headers['forwarded'];
  delete headers['x-forwarded-for'];
  delete headers['x-forwarded-host'];
  delete headers['x-forwarded-port'];
  delete headers['x-forwarded-proto'];
}

/** Requests for another protocol are for the next hop only (RFC 9110, section 7.6.1), and this hop has ignored them. */
function forgetUpgrade({ headers }: IncomingMessage): void {
  if (headers.upgrade === undefined) return;
  delete headers.upgrade;
  delete headers['http2-settings'];
  if (/\bclose\b/i.test(headers.connection ?? '')) headers.connection = 'close';
  else delete headers.connection;
}

/** Answers a request. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers).end(body);
}
