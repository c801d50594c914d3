import { NO_PROBLEM, type ApiError } from '@edgeflow/client';
import { CLOSE } from '@edgeflow/contracts';
import { serverTimeOf } from '../cloud/cloud-clock.js';
import { AWAY_MAX_S, type Loss } from './reconnect.js';

const codeByStatus: Readonly<Record<number, number>> = { 401: CLOSE.notAuthorized, 429: CLOSE.tooMany };

/**
 * What a refusal of the upgrade means, as the end of a connection. Only the gateway's own word revokes a device: a bare 403 may come
 * from any proxy on the way.
 */
export function lossOf(refusal: ApiError): Omit<Loss, 'welcomed'> {
  const { status, retry_after_s } = refusal;
  const code = refusal.code === NO_PROBLEM ? '' : refusal.code;
  // Only where a wrong clock may be the reason.
  const server_time = status === 401 ? serverTimeOf(refusal) : undefined;
  return {
    code: status === 403 && code === 'device-revoked' ? CLOSE.revoked : (codeByStatus[status] ?? 1006),
    reason: `HTTP ${status} ${code}`.trim(),
    ...(retry_after_s !== undefined && { retry_after_s: Math.min(retry_after_s, AWAY_MAX_S) }),
    ...(server_time !== undefined && { server_time }),
  };
}
