import { Refused } from '@edgeflow/contracts';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Authenticator } from './authenticator.js';
import { accessOf, type Authenticated } from './decorators.js';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Lets a request pass whose credential is good, and puts the caller on it; what the caller may do is `RolesGuard`'s matter. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  /** @throws Refused 'unauthorized' (with WWW-Authenticate on the reply), or what keeps the credential from being checked */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Events from the log come from services, whose right to write is the log's own matter.
    if (context.getType() !== 'http') return true;
    const access = accessOf(context.getClass(), context.getHandler());
    if (access.isPublic) return true;
    const request = context.switchToHttp().getRequest<Authenticated>();
    const { authorization } = request.headers;
    try {
      request.caller = await this.authenticator.callerOf(authorization, access);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.code === 'unauthorized') challenge(context, authorization, access.claim);
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
