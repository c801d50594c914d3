import type { IncomingMessage } from 'node:http';
import { CLOSE } from '@edgeflow/contracts';
import { readProblem } from '../cloud/problem.js';

const codeByStatus: Readonly<Record<number, number>> = { 401: CLOSE.notAuthorized, 429: CLOSE.tooMany };

/**
 * What an HTTP answer to the upgrade means, as a close code. Only the gateway's own word revokes a device: a bare 403 may come
 * from any proxy on the way.
 */
export async function closeCodeOf(response: IncomingMessage): Promise<{ code: number; reason: string }> {
  const { status, code = '' } = await readProblem(response).catch(() => ({
    status: response.statusCode ?? 0,
    code: '',
  }));
  const revoked = status === 403 && code === 'device-revoked';
  return { code: revoked ? CLOSE.revoked : (codeByStatus[status] ?? 1006), reason: `HTTP ${status} ${code}`.trim() };
}
