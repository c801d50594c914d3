import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@edgeflow/runtime';
import { answerBehindRequest, isProxied } from './held-answers.js';
import { LINGER, lingeringClose } from './lingering-close.js';

/** The rest of a body that was announced with no more bytes is read for the sake of the connection; a larger one is worth less than a new connection. */
const SMALL_BYTES = 1024 * 1024;

/** The newest request of each connection. */
const newest = new WeakMap<Socket, Exchange>();

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * Has a server's answers reach clients that are still sending: an answer that comes before the end of its request's body says
 * `Connection: close`, unless little is left of it, and its connection is closed as RFC 9112, section 9.6, asks. Nothing of what comes
 * after the answer is kept. To a proxy that would not do the same, an answer goes only behind its request (held-answers.ts).
 * To be called when the server has its listeners.
 */
export function letAnswersArrive(server: Server, clock: Clock): void {
  const watched = (request: IncomingMessage, response: ServerResponse): void => watch(request, response, clock);
  server.prependListener('request', watched);
  // A listener where there is none would change what the server does.
  for (const event of ['checkContinue', 'checkExpectation']) {
    if (server.listenerCount(event) > 0) server.prependListener(event, watched);
  }
}

/** The answer of the newest request of a connection, if it has begun and is not out yet. */
export function isAnswering(socket: Socket): boolean {
  const response = newest.get(socket)?.response;
  return response !== undefined && response.headersSent && !response.writableFinished;
}

function watch(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const { socket } = request;
  if (!newest.has(socket)) closeGently(socket, clock);
  newest.set(socket, { request, response });
  // Node's parser drops what came in one piece with a request whose upgrade was ignored (24.21): there is no going on behind it.
  if (request.headers.upgrade !== undefined) beforeHead(response, () => true);
  if (!hasBody(request)) return;
  if (isProxied(request)) answerBehindRequest(request, response, clock);
  beforeHead(response, () => !request.complete && !isSmall(request));
  response.once('finish', () => readRest(request, clock));
}

/** Has an answer be the last one of its connection where that is to be, which is known when its head is written. */
function beforeHead(response: ServerResponse, isLast: () => boolean): void {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => ServerResponse;
  response.writeHead = (...head: unknown[]) => {
    if (isLast()) response.setHeader('connection', 'close');
    return writeHead(...head);
  };
}

/** Node calls destroySoon when the last answer of a connection is out. */
function closeGently(socket: Socket, clock: Clock): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (newest.get(socket)?.request.complete === false) lingeringClose(socket, clock);
    else destroySoon();
  };
}

/** Whether a request announces a body (RFC 9112, section 6). */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function isSmall({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= SMALL_BYTES;
}

/** The connection goes on, behind what is left of this request. */
function readRest(request: IncomingMessage, clock: Clock): void {
  if (request.complete || request.destroyed) return;
  const end = clock.after(LINGER.ms, () => void request.socket.destroy(), { ref: false });
  request.once('end', end).once('close', end);
  request.unpipe();
  request.resume();
}
