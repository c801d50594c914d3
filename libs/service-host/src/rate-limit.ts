import { Refused } from '@edgeflow/contracts';
import type { Authenticated } from '@edgeflow/identity';
import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerModuleOptions, type ThrottlerStorage } from '@nestjs/throttler';

type Hit = Awaited<ReturnType<ThrottlerStorage['increment']>>;
type Limited = Authenticated & { ip: string };

const WINDOW_MS = 60_000;

/**
 * Counts requests per caller in windows of a minute. The storage that @nestjs/throttler brings keeps the time of every
 * single request and walks over all of them at each one, which a limit of many thousands a minute does not bear.
 */
class MinuteCounters implements ThrottlerStorage {
  private window = 0;
  private hits = new Map<string, number>();

  async increment(key: string, ttl: number, limit: number): Promise<Hit> {
    const now = Date.now();
    const window = Math.floor(now / ttl);
    if (window !== this.window) {
      this.window = window;
      this.hits = new Map();
    }
    const totalHits = (this.hits.get(key) ?? 0) + 1;
    this.hits.set(key, totalHits);
    const timeToExpire = Math.ceil(((window + 1) * ttl - now) / 1000);
    return { totalHits, timeToExpire, isBlocked: totalHits > limit, timeToBlockExpire: timeToExpire };
  }
}

function trackerOf({ caller, ip }: Limited): string {
  return caller ? `${caller.org}/${caller.role}/${caller.subject}` : ip;
}

/** At most `perMinute` requests of one caller, over all routes together. */
export function rateLimit(perMinute: number): ThrottlerModuleOptions {
  return {
    throttlers: [{ ttl: WINDOW_MS, limit: perMinute }],
    storage: new MinuteCounters(),
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
