import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '@edgeflow/runtime';
import { isAnswering } from './early-answers.js';
import { problem, type Answer } from './problem.js';
import { answerRaw } from './raw-answer.js';

type ParseError = Error & { code?: string };

function answerOf({ code }: ParseError): Answer {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problem('request-timeout', 'The headers did not arrive in time', '/');
  if (code === 'HPE_HEADER_OVERFLOW') return problem('invalid-request', 'The headers are larger than 16 KiB', '/', 431);
  return problem('invalid-request', 'The request is not well formed', '/');
}

/** What becomes of a connection on which something came that is no request: a problem document, and its end. */
export function answerBrokenRequest(error: ParseError, socket: Socket, clock: Clock): void {
  // Half an answer is out, or nobody is there: what is written now would be taken for the rest of it.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) socket.destroy();
  else answerRaw(socket, answerOf(error), clock);
}

/** Has a server say so where what comes is no request. Requests whose length is doubtful are among them (RFC 9112, section 11.2). */
export function answerBrokenRequests(server: Server, clock: Clock): void {
  server.on('clientError', (error, socket) => answerBrokenRequest(error, socket as Socket, clock));
}
