import { createParamDecorator, SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Role } from '@edgeflow/contracts';
import type { Caller } from './caller.js';

const PUBLIC = Symbol('public');
const ROLES_ALLOWED = Symbol('roles');
const CLAIM_ALLOWED = Symbol('claim');
const DEVICE_ALLOWED = Symbol('device');

/** The part of a request that carries its caller, once AuthGuard let it pass. */
export interface Authenticated {
  headers: { authorization?: string };
  caller?: Caller;
}

/** No token is asked for: probes, metrics, the API description, and the tunnel, which has tokens of its own. */
export const Public = (): CustomDecorator<symbol> => SetMetadata(PUBLIC, true);

/** Who may call: these roles and `admin`. Without it every member of the org may. */
export const Roles = (...roles: Role[]): CustomDecorator<symbol> => SetMetadata(ROLES_ALLOWED, roles);

/** A device may call with `Authorization: Claim <token>`, besides whom `@Roles` names. */
export const AllowClaim = (): CustomDecorator<symbol> => SetMetadata(CLAIM_ALLOWED, true);

/** A registered device may call with a token of its own key, as for its tunnel, besides whom `@Roles` names. */
export const AllowDevice = (): CustomDecorator<symbol> => SetMetadata(DEVICE_ALLOWED, true);

/** The caller of the request, as a handler's parameter: `@CurrentCaller() caller: Caller`. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<Authenticated>();
  if (!caller) throw new Error('@CurrentCaller() on a @Public() route: there is no caller');
  return caller;
});

/** Who may call a route, and with what, as its decorators say. */
export interface Access {
  isPublic: boolean;
  /** Undefined where every member of the organization may. */
  roles: readonly Role[] | undefined;
  claim: boolean;
  device: boolean;
}

/** What the decorators above said of a handler, or else of its controller. */
export function accessOf(controller: object, handler: object): Access {
  const said = <T>(key: symbol): T | undefined =>
    (Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, controller)) as T | undefined;
  return {
    isPublic: said<boolean>(PUBLIC) ?? false,
    roles: said<Role[]>(ROLES_ALLOWED),
    claim: said<boolean>(CLAIM_ALLOWED) ?? false,
    device: said<boolean>(DEVICE_ALLOWED) ?? false,
  };
}
