import type { Refused } from '@edgeflow/contracts';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { PROBLEM_TYPE, problemOf, refusalOf, retryAfterOf } from './problem.js';

function log(error: unknown, { code, status }: Refused): void {
  if (code === 'internal-error') logger.error({ err: error }, 'a request failed');
  else if (status >= 500) warnSparsely(code, { err: error }, 'a request could not be served now');
}

const sent = new WeakMap<FastifyRequest, Refused>();

/** What a request was refused with, for those who write about it. */
export function refusalSent(request: FastifyRequest): Refused | undefined {
  return sent.get(request);
}

/** Answers a request with the problem document of what it failed with; what is the service's own fault is logged. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const refusal = refusalOf(error);
  log(error, refusal);
  if (reply.sent || reply.raw.headersSent) return;
  sent.set(request, refusal);
  // The rest of a body that came too late is not waited for.
  if (refusal.code === 'request-timeout') void reply.header('connection', 'close');
  const retryAfter = retryAfterOf(refusal);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  const path = request.url.split('?', 1)[0] ?? '/';
  void reply
    .status(refusal.status)
    .type(PROBLEM_TYPE)
    .send(problemOf(refusal, { path, id: request.id }));
}

/** Turns whatever a request ended with into a problem document; the one place where codes become HTTP. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    // Events have their own way to fail: the transport strategy reads the error as it is.
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest(), http.getResponse());
    return undefined;
  }
}
