import type { Authenticated } from '@edgeflow/identity';
import { histogram, isOperational, logger } from '@edgeflow/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';

const duration = histogram({
  name: 'edgeflow_http_request_duration_seconds',
  help: 'Time from the first byte of a request to the last of its answer, by route and status.',
  labelNames: ['method', 'route', 'status'],
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
});

function levelOf(status: number): 'error' | 'warn' | 'info' {
  if (status >= 500) return 'error';
  return status >= 400 ? 'warn' : 'info';
}

/** Counts an answered request and logs it in one line: who, what, how long; no query, no headers, no bodies. */
export function recordRequest(request: FastifyRequest, reply: FastifyReply): void {
  const { method, url, routeOptions } = request;
  const status = reply.statusCode;
  // The pattern, not the path: ids in label values would make a time series each.
  duration.observe(
    { method, route: routeOptions.url ?? 'unmatched', status: String(status) },
    reply.elapsedTime / 1000,
  );
  if (isOperational(url)) return;
  const { org, kind, roles } = (request as Authenticated).caller ?? {};
  const answer = { method, path: url.split('?', 1)[0], status, duration_ms: Math.round(reply.elapsedTime) };
  const line = { ...answer, org, caller: kind, roles: roles?.join(' ') };
  logger[levelOf(status)](line, 'request completed');
}
