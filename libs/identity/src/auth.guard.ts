import { Refused } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Authenticator } from './authenticator.js';
import { CLAIM_ALLOWED, DEVICE_ALLOWED, PUBLIC, metadataOf, type Authenticated } from './decorators.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Lets a request pass whose credential is good, and puts the caller on it; what the caller may do is `RolesGuard`'s matter. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  /** @throws Refused 'unauthorized' (with WWW-Authenticate on the reply), or what keeps the credential from being checked */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Events from the log come from services, whose right to write is the log's own matter.
    if (context.getType() !== 'http' || metadataOf(this.reflector, PUBLIC, context)) return true;
    const request = context.switchToHttp().getRequest<Authenticated>();
    const { authorization } = request.headers;
    const claim = metadataOf<boolean>(this.reflector, CLAIM_ALLOWED, context) ?? false;
    const device = metadataOf<boolean>(this.reflector, DEVICE_ALLOWED, context) ?? false;
    try {
      request.caller = await this.authenticator.callerOf(authorization, { claim, device });
      return true;
    } catch (error) {
      if (error instanceof Refused && error.code === 'unauthorized') challenge(context, authorization, claim);
      throw error;
    }
  }
}

/** Tells the client which credentials are wanted (RFC 9110, 11.6.1); `error` only when some were given (RFC 6750, 3.1). */
function challenge(context: ExecutionContext, header: string | undefined, claimAllowed: boolean): void {
  const bearer = `Bearer realm="edgeflow"${header ? ', error="invalid_token"' : ''}`;
  const reply = context.switchToHttp().getResponse<Reply>();
  reply.header('www-authenticate', claimAllowed ? `${bearer}, Claim realm="edgeflow"` : bearer);
}
