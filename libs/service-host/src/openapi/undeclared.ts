import type { ErrorCode } from '@edgeflow/contracts';
import { counter, warnSparsely } from '@edgeflow/telemetry';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { accessOf } from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import type { FastifyRequest } from 'fastify';
import { refusalsOf, type Route } from './refuses.js';

/** What the log says of it; the harness of the whole product looks for it. */
export const UNDECLARED = 'a refusal that the API description does not name';

const routes = new WeakMap<FastifyRequest, Route>();

const undeclared = counter({
  name: 'edgeflow_undeclared_refusals_total',
  help: 'Refusals with a code that the API description does not name for the route.',
  labelNames: ['route', 'code'],
});

/** Remembers which route a request has come to. Comes before the guards that may refuse it. */
@Injectable()
export class RouteGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const route = { controller: context.getClass(), handler: context.getHandler() };
    const isProbe = accessOf(route.controller, route.handler).isPublic;
    if (!isProbe) routes.set(context.switchToHttp().getRequest(), route);
    return true;
  }
}

/** Notices a code that clients cannot know of: the route does not declare it (`@Refuses`). */
export function noticeUndeclared(request: FastifyRequest, code: ErrorCode, clock: Pick<Clock, 'steady_ms'>): void {
  const route = routes.get(request);
  if (!route || refusalsOf(route).has(code)) return;
  const where = `${request.method} ${request.routeOptions.url}`;
  undeclared.inc({ route: where, code });
  warnSparsely(`${where} ${code}`, { code, route: where }, UNDECLARED, clock);
}
