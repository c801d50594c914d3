import { Refused, beginningOf, type AUDIT_OUTCOMES } from '@edgeflow/contracts';
import { isUnproven, type Authenticated, type Caller } from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import { redactString, withCorrelationId } from '@edgeflow/telemetry';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditTrail } from './audit-trail.js';
import type { AuditedAction } from './audited-action.js';
import { callerName } from './caller-name.js';
import { problemInstead, problemSender, refusalSent } from './problem.filter.js';

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

/** What a caller is told whose action cannot be shown to be recorded: as after any answer that was lost, it may be done (docs/operations.md). */
const unrecorded = (): Refused =>
  new Refused(
    'log-unavailable',
    'The audit trail has not taken what was asked for, which may be done all the same: ask again, in the same words',
  );

/**
 * Has a server write down what callers do, before they get their answer: what was answered with success is in the trail. What the trail does
 * not take in time is answered with 503, and nothing is begun while too much waits for it.
 */
export function audit(server: FastifyInstance, trail: AuditTrail, clock: Clock): void {
  const send = problemSender({ clock });
  server.addHook('onRequest', (request, reply, done) => {
    if (READING.has(request.method) || trail.takesMore) done();
    else send(new Refused('log-unavailable', 'Too much waits for the audit trail'), request, reply);
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const { caller } = request as Authenticated;
    if (!caller || !isAudited(request.method, reply.statusCode, caller)) return payload;
    const actor = { org: caller.org, name: callerName(caller) };
    const action = actionOf(request, reply, caller);
    const isThere = await withCorrelationId(request.id, () => trail.record(actor, action));
    if (isThere || action.outcome !== 'succeeded') return payload;
    return JSON.stringify(problemInstead(unrecorded(), request, reply, { clock }));
  });
  server.addHook('onClose', () => trail.close());
}
