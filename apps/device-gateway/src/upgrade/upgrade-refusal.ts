import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorTable, type Refused } from '@edgeflow/contracts';
import { refusedUpgrades } from '../gateway.metrics.js';

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

/** Answers an upgrade request with a problem document (RFC 9457), by hand: there is no framework on a socket yet. */
export function refuseUpgrade(socket: Duplex, refusal: Refused, path: string): void {
  const { code, detail } = refusal;
  refusedUpgrades.inc({ code });
  const status = statusOf(refusal);
  const problem = {
    type: `urn:edgeflow:problem:${code}`,
    title: errorTable[code].title,
    status,
    detail,
    code,
    instance: path,
  };
  const body = JSON.stringify(problem);
  const headers = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...(status === 401 ? ['WWW-Authenticate: Bearer realm="edgeflow"'] : []),
    ...(status === 429 || status === 503 ? [`Retry-After: ${retryAfterOf(refusal)}`] : []),
  ];
  // A peer that never closes its side shall not keep the connection.
  socket.once('finish', () => socket.destroy());
  socket.end(`${headers.join('\r\n')}\r\n\r\n${body}`);
}
