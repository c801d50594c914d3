import type { Duplex } from 'node:stream';
import type { Refused } from '@edgeflow/contracts';
import { answerRaw, problem, type Answer } from '@edgeflow/http-edge';
import type { Clock } from '@edgeflow/runtime';
import { refusedUpgrades } from '../../../gateway.metrics.js';

/** When a device that could not be let in may try again, in seconds, where the refusal does not say it. */
const RETRY_AFTER_S = 5;

/** On the way in a revoked device is forbidden; `device-revoked` of the API is a conflict. */
function statusOf({ code, status }: Refused): number {
  return code === 'device-revoked' ? 403 : status;
}

function retryAfterOf({ facts }: Refused): number {
  const { retry_after_s } = facts;
  return typeof retry_after_s === 'number' ? Math.max(1, Math.ceil(retry_after_s)) : RETRY_AFTER_S;
}

/** Of what, and when: by the time by which tokens are judged. */
interface About {
  path: string;
  at: Date;
}

/** Answers an upgrade request by hand: there is no framework on a socket yet. */
export function refuseUpgrade(socket: Duplex, refusal: Refused, about: About, clock: Clock): void {
  answerRaw(socket, refusedUpgrade(refusal, about), clock);
}

/**
 * The answer to an upgrade request that is refused, a problem document (RFC 9457). It says what time it is, in the `Date` header and as
 * `server_time`, so that a device whose clock is wrong can sign a token that is taken.
 */
export function refusedUpgrade(refusal: Refused, { path, at }: About): Answer {
  const { code, detail } = refusal;
  refusedUpgrades.inc({ code });
  const status = statusOf(refusal);
  const answer = problem(code, detail, path, status, { server_time: at.toISOString() });
  const headers = {
    ...answer.headers,
    date: at.toUTCString(),
    ...(status === 401 && { 'www-authenticate': 'Bearer realm="edgeflow"' }),
    ...((status === 429 || status === 503) && { 'retry-after': String(retryAfterOf(refusal)) }),
  };
  return { ...answer, headers };
}
