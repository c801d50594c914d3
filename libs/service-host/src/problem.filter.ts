import type { Refused } from '@edgeflow/contracts';
import { PROBLEM_TYPE } from '@edgeflow/http-edge';
import type { Clock } from '@edgeflow/runtime';
import { logger, warnSparsely } from '@edgeflow/telemetry';
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError, type Observable } from 'rxjs';
import { noticeUndeclared } from './openapi/undeclared.js';
import { problemOf, refusalOf, retryAfterOf } from './problem.js';

function log(error: unknown, { code, status }: Refused, clock: Clock): void {
  if (code === 'internal-error') logger.error({ err: error }, 'a request failed');
  else if (status >= 500) warnSparsely(code, { err: error }, 'a request could not be served now', clock);
}

const sent = new WeakMap<FastifyRequest, Refused>();

/** What a request was refused with, for those who write about it. */
export function refusalSent(request: FastifyRequest): Refused | undefined {
  return sent.get(request);
}

/** Answers a request with the problem document of what it failed with; what is the service's own fault is logged. */
export type SendProblem = (error: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/** How problems are told. */
export interface ProblemTimes {
  /** By which warnings are said sparsely. */
  clock: Clock;
  /** The time by which tokens are judged, for whoever signs its own; told with 401. Default: nothing is. */
  at?: () => Date;
}

/** Tells problems by these clocks. */
export function problemSender(times: ProblemTimes): SendProblem {
  return (error, request, reply) => sendProblem(error, request, reply, times);
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, times: ProblemTimes): void {
  const refusal = refusalOf(error);
  log(error, refusal, times.clock);
  if (reply.sent || reply.raw.headersSent) return;
  void reply.send(problemInstead(refusal, request, reply, times));
}

/** Makes an answer of which nothing was sent yet one of a problem. @returns its document, which is the new body */
export function problemInstead(
  refusal: Refused,
  request: FastifyRequest,
  reply: FastifyReply,
  { clock, at }: ProblemTimes,
): object {
  sent.set(request, refusal);
  noticeUndeclared(request, refusal.code, clock);
  // The rest of a body that came too late is not waited for.
  if (refusal.code === 'request-timeout') void reply.header('connection', 'close');
  const retryAfter = retryAfterOf(refusal);
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  const path = request.url.split('?', 1)[0] ?? '/';
  const server_time = refusal.status === 401 ? at?.() : undefined;
  // The machine's clock may be another one than that by which tokens are judged.
  if (server_time) void reply.header('date', server_time.toUTCString());
  void reply.status(refusal.status).type(PROBLEM_TYPE);
  return problemOf(refusal, { path, id: request.id, ...(server_time && { server_time }) });
}

/** Turns whatever a request ended with into a problem document; the one place where codes become HTTP. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly times: ProblemTimes) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    // Events have their own way to fail: the transport strategy reads the error as it is.
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest(), http.getResponse(), this.times);
    return undefined;
  }
}
