import type { IncomingMessage } from 'node:http';
import { CLOSE } from '@edgeflow/contracts';
import { problemIn, readProblem, type Problem } from '../cloud/problem.js';

/** Longer than this, in seconds, no cloud keeps a device away. */
const RETRY_AFTER_MAX_S = 3_600;

/** An HTTP answer as the end of a connection. */
export interface Refusal {
  code: number;
  reason: string;
  /** The device is not to come again before that, in seconds. */
  retry_after_s?: number;
  /** What time it is by the clock that refused the token, milliseconds since 1970. */
  server_time?: number;
}

const codeByStatus: Readonly<Record<number, number>> = { 401: CLOSE.notAuthorized, 429: CLOSE.tooMany };

/**
 * What an HTTP answer to the upgrade means, as a close code. Only the gateway's own word revokes a device: a bare 403 may come
 * from any proxy on the way.
 */
export async function closeCodeOf(response: IncomingMessage): Promise<Refusal> {
  const { status, code = '', server_time } = await problemOf(response);
  const revoked = status === 403 && code === 'device-revoked';
  const retry_after_s = retryAfterOf(response);
  return {
    code: revoked ? CLOSE.revoked : (codeByStatus[status] ?? 1006),
    reason: `HTTP ${status} ${code}`.trim(),
    ...(retry_after_s !== undefined && { retry_after_s }),
    // Only where a wrong clock may be the reason.
    ...(status === 401 && server_time !== undefined && { server_time }),
  };
}

/** Of an answer that breaks off its head alone. */
function problemOf(response: IncomingMessage): Promise<Problem> {
  return readProblem(response).catch(() => problemIn(response, {}));
}

/** Only in its form of seconds (RFC 9110, section 10.2.3): a date would need a clock. */
function retryAfterOf({ headers }: IncomingMessage): number | undefined {
  const value = headers['retry-after'] ?? '';
  return /^\d{1,9}$/.test(value) ? Math.min(Number(value), RETRY_AFTER_MAX_S) : undefined;
}
