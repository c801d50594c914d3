import { Refused } from '@edgeflow/contracts';
import { isUnproven, type Authenticated } from '@edgeflow/identity';
import type { Clock } from '@edgeflow/runtime';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { callerName } from './caller-name.js';
import { OperationsController } from './operations.controller.js';
import { WindowCounters } from './window-counters.js';

/**
 * Refuses a caller's requests past so many in a minute, over all routes together, whatever becomes of them. Comes after AuthGuard, which
 * says who the caller is.
 */
export class RateLimitGuard implements CanActivate {
  private readonly counters: WindowCounters;

  constructor(
    private readonly perMinute: number,
    clock: Clock,
  ) {
    this.counters = new WindowCounters(clock);
  }

  /** @throws Refused `too-many-requests` */
  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http' || context.getClass() === OperationsController) return true;
    const { count, resets_in_ms } = this.counters.add(trackerOf(context.switchToHttp().getRequest()));
    if (count <= this.perMinute) return true;
    throw new Refused('too-many-requests', `More than ${this.perMinute} requests in a minute`, {
      retry_after_s: Math.ceil(resets_in_ms / 1000),
    });
  }
}

/** Whoever only claims to be somebody shall not use up that one's requests. */
function trackerOf({ caller, ip }: Authenticated & { ip: string }): string {
  return caller && !isUnproven(caller) ? callerName(caller) : ip;
}
