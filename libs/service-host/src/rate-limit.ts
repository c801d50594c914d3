import { Refused } from '@edgeflow/contracts';
import { isUnproven, type Authenticated } from '@edgeflow/identity';
import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerModuleOptions, type ThrottlerStorage } from '@nestjs/throttler';
import { callerName } from './caller-name.js';
import { WindowCounters } from './window-counters.js';

type Hit = Awaited<ReturnType<ThrottlerStorage['increment']>>;
type Limited = Authenticated & { ip: string };

const WINDOW_MS = 60_000;

/**
 * Counts requests per caller in windows of a minute. The storage that @nestjs/throttler brings keeps the time of every
 * single request and walks over all of them at each one, which a limit of many thousands a minute does not bear.
 */
class RequestCounters implements ThrottlerStorage {
  private readonly counters = new WindowCounters();

  async increment(key: string, _ttl: number, limit: number): Promise<Hit> {
    const { count, resets_in_ms } = this.counters.add(key);
    const resets_in_s = Math.ceil(resets_in_ms / 1000);
    const expiry = { timeToExpire: resets_in_s, timeToBlockExpire: resets_in_s };
    return { totalHits: count, isBlocked: count > limit, ...expiry };
  }
}

/** Whoever only claims to be somebody shall not use up that one's requests. */
function trackerOf({ caller, ip }: Limited): string {
  return caller && !isUnproven(caller) ? callerName(caller) : ip;
}

/** At most `perMinute` requests of one caller, over all routes together, whatever becomes of them. */
export function rateLimit(perMinute: number): ThrottlerModuleOptions {
  return {
    throttlers: [{ ttl: WINDOW_MS, limit: perMinute }],
    storage: new RequestCounters(),
    getTracker: (request) => trackerOf(request as Limited),
    generateKey: (_context, tracker) => tracker,
    setHeaders: false,
  };
}

/** Refuses a caller's requests past the limit. Comes after AuthGuard, which says who the caller is. */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  protected override async shouldSkip(context: ExecutionContext): Promise<boolean> {
    return context.getType() !== 'http';
  }

  /** @throws Refused 'too-many-requests', always */
  protected override async throwThrottlingException(
    _context: ExecutionContext,
    { limit, timeToBlockExpire }: { limit: number; timeToBlockExpire: number },
  ): Promise<void> {
    throw new Refused('too-many-requests', `More than ${limit} requests in a minute`, {
      retry_after_s: timeToBlockExpire,
    });
  }
}
