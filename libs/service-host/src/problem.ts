import { Refused, errorTable, type ErrorCode } from '@edgeflow/contracts';
import { problemDocument } from '@edgeflow/http-edge';
import { HttpException } from '@nestjs/common';

/** Seconds after which a client may try again what is not available now. */
const RETRY_AFTER_S = 1;

/** Codes for what Nest and Fastify refuse before a handler runs: unknown route, body too large, body that is no JSON. */
const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'request-timeout',
  413: 'upload-too-large',
  415: 'media-type-unsupported',
  429: 'too-many-requests',
};

/** The status of an error of Nest (`getStatus`) or Fastify (`statusCode`), undefined for anything else. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function detailOf(code: ErrorCode, error: unknown): string {
  if (code === 'not-found') return 'There is no such route';
  if (code === 'upload-too-large') return 'The body is larger than this route accepts';
  return error instanceof Error ? error.message : errorTable[code].title;
}

/**
 * The refusal that any thrown value amounts to. What is not a refusal and not the client's fault becomes
 * 'internal-error', which tells the client nothing of the cause; the cause is kept for the log.
 */
export function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  const status = statusOf(error) ?? 500;
  if (status < 400 || status >= 500) {
    return new Refused('internal-error', 'The service failed; the logs know more', {}, { cause: error });
  }
  const code = codeOfStatus[status] ?? 'invalid-request';
  return new Refused(code, detailOf(code, error), {}, { cause: error });
}

/**
 * The problem document of a refusal, whose facts are further members; they never replace one that has a meaning of its own. `request_id`
 * is the fact of what stands in the log as a request, and of nothing else: a call that led to none has no such member.
 * @param call its path, the id under which the logs of all services know it, and, with 401, the time by which tokens are judged
 */
export function problemOf(
  { code, detail, facts }: Refused,
  { path, id: http_request_id, server_time }: { path: string; id: string; server_time?: Date },
) {
  return {
    ...problemDocument(code, detail, path),
    http_request_id,
    ...(server_time && { server_time: server_time.toISOString() }),
    ...Object.fromEntries(Object.entries(facts).filter(([name]) => !RESERVED.has(name))),
  };
}

const RESERVED = new Set(['type', 'title', 'status', 'detail', 'code', 'instance', 'http_request_id', 'server_time']);

/** When to come back, in seconds: for 429 and 503 only. The refusal may know it as its fact `retry_after_s`. */
export function retryAfterOf({ status, facts }: Refused): number | undefined {
  if (status !== 429 && status !== 503) return undefined;
  return typeof facts['retry_after_s'] === 'number' ? facts['retry_after_s'] : RETRY_AFTER_S;
}
