import type { ErrorCode } from '@edgeflow/contracts/plain';

/** Of answers that are no problem documents: of a proxy on the way, mostly. */
export const NO_PROBLEM = 'no-problem-document';

/** Characters of an answer that is no problem document, in the error's words. */
const SHOWN = 200;

/** A refusal: the problem document of an answer (RFC 9457). */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    /** Method and path. */
    readonly what: string,
    readonly status: number,
    /** An error code of docs/errors.md, or one that this build does not know yet. */
    readonly code: ErrorCode | typeof NO_PROBLEM | (string & {}),
    readonly detail: string,
    /** All members of the problem document; those that RFC 9457 does not name are the facts of the refusal. */
    readonly problem: Readonly<Record<string, unknown>>,
    readonly headers: Headers,
  ) {
    super(`${what}: ${code} (${status}), ${detail}`);
  }

  /** When to come back, in seconds; undefined where the answer does not say it. Only in its form of seconds (RFC 9110, section 10.2.3). */
  get retry_after_s(): number | undefined {
    return retryAfterOf(this.headers);
  }
}

/** Of an answer. */
export function retryAfterOf(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? '';
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

/** The error that an answer amounts to. @param body its text, or what it is as JSON */
export function apiErrorOf(
  what: string,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  body: unknown,
): ApiError {
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { code, detail } = problem;
  if (typeof code === 'string') {
    return new ApiError(what, status, code, typeof detail === 'string' ? detail : '', problem, headers);
  }
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? '');
  return new ApiError(what, status, NO_PROBLEM, text.slice(0, SHOWN), problem, headers);
}
