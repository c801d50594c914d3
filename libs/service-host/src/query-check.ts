import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { isInherited, unknownNames } from './inherited-names.js';
import { OperationsController } from './operations.controller.js';

/** Refuses every parameter of a route that takes none; where a route has a class for them, validation.ts looks at what it can tell. */
@Injectable()
export class QueryGuard implements CanActivate {
  /** @throws Refused `invalid-request` */
  canActivate(context: ExecutionContext): boolean {
    // Probes come with all sorts of parameters, against caches.
    if (context.getType() !== 'http' || context.getClass() === OperationsController) return true;
    const { query } = context.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(query as object);
    const unknown = takesQuery(context) ? names.filter(isInherited) : names;
    if (unknown.length > 0) throw unknownNames(unknown);
    return true;
  }
}

/** Nest keeps the parameters of a handler as `<kind>:<index>`. */
function takesQuery(context: ExecutionContext): boolean {
  const args = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as object;
  return Object.keys(args ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
