import { Refused, unreachable, type Role } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Caller } from './caller.js';
import { CLAIM_ALLOWED, DEVICE_ALLOWED, ROLES_ALLOWED, metadataOf, type Authenticated } from './decorators.js';

/** Lets a caller pass that may do what the route does. Comes after AuthGuard, which says who the caller is. */
@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  /** @throws Refused 'forbidden' */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const { caller } = context.switchToHttp().getRequest<Authenticated>();
    // A public route: everybody may.
    if (!caller) return true;
    const allowed = metadataOf<Role[]>(this.reflector, ROLES_ALLOWED, context);
    if (this.mayCall(caller, allowed, context)) return true;
    const facts = { roles: caller.roles, ...(allowed && { allowed }) };
    throw new Refused('forbidden', `${wordsFor(caller)} may not do this`, facts);
  }

  private mayCall(caller: Caller, allowed: readonly Role[] | undefined, context: ExecutionContext): boolean {
    switch (caller.kind) {
      case 'member':
      case 'api-key':
        return !allowed || caller.roles.some((role) => role === 'admin' || allowed.includes(role));
      case 'device-claim':
        return metadataOf<boolean>(this.reflector, CLAIM_ALLOWED, context) ?? false;
      case 'device':
        return metadataOf<boolean>(this.reflector, DEVICE_ALLOWED, context) ?? false;
      default:
        return unreachable(caller);
    }
  }
}

function wordsFor({ kind, roles }: Caller): string {
  return roles.length > 0 ? `The ${roles.length > 1 ? 'roles' : 'role'} ${roles.join(', ')}` : `A ${kind}`;
}
