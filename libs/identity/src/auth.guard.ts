import { Refused, type Role } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Caller } from './caller.js';
import { CLAIM_ALLOWED, PUBLIC, ROLES_ALLOWED, type Authenticated } from './decorators.js';
import { TokenVerifier } from './token-verifier.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** RFC 7235 section 2.1: scheme, blanks, credentials. */
const CREDENTIALS = /^(Bearer|Claim) +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Lets a request pass when its token is valid and its role may call the route; puts the caller on the request. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: TokenVerifier,
  ) {}

  /** @throws Refused 'unauthorized' (with WWW-Authenticate on the reply) or 'forbidden' */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Events from the log come from services, whose right to write is the log's own matter.
    if (context.getType() !== 'http' || this.read(PUBLIC, context)) return true;
    const request = context.switchToHttp().getRequest<Authenticated>();
    const caller = await this.authenticate(request.headers.authorization, context);
    this.authorize(caller, context);
    request.caller = caller;
    return true;
  }

  private async authenticate(header: string | undefined, context: ExecutionContext): Promise<Caller> {
    const claimAllowed = this.read<boolean>(CLAIM_ALLOWED, context) ?? false;
    try {
      return await this.callerOf(header, claimAllowed);
    } catch (error) {
      if (error instanceof Refused && error.code === 'unauthorized') challenge(context, header, claimAllowed);
      throw error;
    }
  }

  private async callerOf(header: string | undefined, claimAllowed: boolean): Promise<Caller> {
    if (!header) throw new Refused('unauthorized', 'The request has no Authorization header');
    const [, scheme, token] = CREDENTIALS.exec(header) ?? [];
    if (!scheme || !token) throw new Refused('unauthorized', 'The Authorization header is not well formed');
    if (scheme.toLowerCase() === 'bearer') return this.verifier.verify(token);
    if (!claimAllowed) throw new Refused('unauthorized', 'A claim token is for registering a device only');
    const { org } = await this.verifier.verifyClaim(token);
    return { org, role: 'device-claim', subject: `claim:${org}` };
  }

  private authorize(caller: Caller, context: ExecutionContext): void {
    const allowed = this.read<Role[]>(ROLES_ALLOWED, context);
    if (!allowed || caller.role === 'admin' || caller.role === 'device-claim' || allowed.includes(caller.role)) return;
    throw new Refused('forbidden', `The role ${caller.role} may not do this`, { role: caller.role, allowed });
  }

  private read<T>(key: symbol, context: ExecutionContext): T | undefined {
    return this.reflector.getAllAndOverride<T | undefined>(key, [context.getHandler(), context.getClass()]);
  }
}

/** Tells the client which credentials are wanted (RFC 9110, 11.6.1); `error` only when some were given (RFC 6750, 3.1). */
function challenge(context: ExecutionContext, header: string | undefined, claimAllowed: boolean): void {
  const bearer = `Bearer realm="edgeflow"${header ? ', error="invalid_token"' : ''}`;
  const reply = context.switchToHttp().getResponse<Reply>();
  reply.header('www-authenticate', claimAllowed ? `${bearer}, Claim realm="edgeflow"` : bearer);
}
