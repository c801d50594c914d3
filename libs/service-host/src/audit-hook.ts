import { beginningOf, type AUDIT_OUTCOMES } from '@edgeflow/contracts';
import { isUnproven, type Authenticated, type Caller } from '@edgeflow/identity';
import { redactString, withCorrelationId } from '@edgeflow/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditTrail, AuditedAction } from './audit-trail.js';
import { callerName } from './caller-name.js';
import { refusalSent } from './problem.filter.js';

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

type Outcome = (typeof AUDIT_OUTCOMES)[number];

function outcomeOf(status: number): Outcome {
  if (status < 400) return 'succeeded';
  if (status >= 500) return 'failed';
  // An unknown thing and one of another organization look the same, to the caller and to us.
  return status === 403 || status === 404 ? 'denied' : 'refused';
}

/** All that changes something, whatever became of it, and all that was denied. Who only claims to be of an organization is not in its trail. */
function isAudited(method: string, status: number, caller: Caller): boolean {
  if (isUnproven(caller)) return status < 400 || status === 403;
  return !READING.has(method) || status === 403 || status === 404;
}

/** No secrets: people paste tokens into anything. */
function clean(text: string, max: number): string {
  return beginningOf(redactString(text), max);
}

function reasonIn(body: unknown): { reason?: string } {
  const reason = typeof body === 'object' && body !== null && 'reason' in body ? body.reason : undefined;
  return typeof reason === 'string' ? { reason: clean(reason, 1024) } : {};
}

function actionOf(request: FastifyRequest, reply: FastifyReply, { kind, subject, roles }: Caller): AuditedAction {
  const { method, url, routeOptions, ip, headers } = request;
  const code = refusalSent(request)?.code;
  const agent = headers['user-agent'];
  return {
    actor: { kind, subject: beginningOf(subject, 256), roles: [...roles] },
    action: `${method} ${routeOptions.url ?? ''}`.slice(0, 256),
    resource: clean(url.split('?', 1)[0] ?? '/', 1024),
    ...reasonIn(request.body),
    outcome: outcomeOf(reply.statusCode),
    status: reply.statusCode,
    ...(code !== undefined && { code }),
    from: { ip: ip.slice(0, 64), ...(agent !== undefined && { user_agent: clean(agent, 256) }) },
    request_id: request.id,
  };
}

/** Has a server write down what callers do, before they get their answer: what was answered is in the trail. */
export function audit(server: FastifyInstance, trail: AuditTrail): void {
  server.addHook('onSend', async (request, reply, payload) => {
    const { caller } = request as Authenticated;
    if (caller && isAudited(request.method, reply.statusCode, caller)) {
      const actor = { org: caller.org, name: callerName(caller) };
      await withCorrelationId(request.id, () => trail.record(actor, actionOf(request, reply, caller)));
    }
    return payload;
  });
}
