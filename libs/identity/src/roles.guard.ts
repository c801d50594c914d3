import { Refused, unreachable } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Caller } from './caller.js';
import { accessOf, type Access, type Authenticated } from './decorators.js';

/** Lets a caller pass that may do what the route does. Comes after AuthGuard, which says who the caller is. */
@Injectable()
export class RolesGuard implements CanActivate {
  /** @throws Refused 'forbidden' */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { caller } = context.switchToHttp().getRequest<Authenticated>();
    // A public route: everybody may.
    if (!caller) return true;
    const access = accessOf(context.getClass(), context.getHandler());
    if (mayCall(caller, access)) return true;
    const facts = { roles: caller.roles, ...(access.roles && { allowed: access.roles }) };
    throw new Refused('forbidden', `${wordsFor(caller)} may not do this`, facts);
  }
}

function mayCall(caller: Caller, { roles, claim, device }: Access): boolean {
  switch (caller.kind) {
    case 'member':
    case 'api-key':
      return !roles || caller.roles.some((role) => role === 'admin' || roles.includes(role));
    case 'device-claim':
      return claim;
    case 'device':
      return device;
    default:
      return unreachable(caller);
  }
}

function wordsFor({ kind, roles }: Caller): string {
  return roles.length > 0 ? `The ${roles.length > 1 ? 'roles' : 'role'} ${roles.join(', ')}` : `A ${kind}`;
}
