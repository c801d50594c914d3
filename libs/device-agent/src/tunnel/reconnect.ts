import { CLOSE } from '@edgeflow/contracts';
import { backoffMs, spreadMs, type Window } from '../backoff.js';

/** How a connection ended. */
export interface Loss {
  /** The WebSocket close code; 1006 where there was none (RFC 6455, section 7.4.1). */
  code: number;
  reason: string;
  /** The cloud had said welcome. */
  welcomed: boolean;
  /** What the cloud asks for, in seconds: no attempt before that. */
  retry_after_s?: number;
  /** What time it is by the clock that refused the device's token, milliseconds since 1970. */
  server_time?: number;
}

export type Next = { action: 'stop' } | { action: 'wait'; ms: number };

/** Longer than this, in seconds, no cloud keeps a device away; a gateway takes no longer settings either. */
export const AWAY_MAX_S = 3_600;
/** Two devices with one identity replace each other for ever; each waits at least so long, in seconds. */
const REPLACED_MIN_S = 60;

/**
 * What to do after a loss. The loss of a welcomed tunnel spreads the fleet over the cloud's whole window; attempts that fail
 * back off exponentially within it. Pure.
 * @param attempt failed attempts in a row before this one
 */
export function afterLoss(loss: Loss, attempt: number, window: Window, random: () => number): Next {
  const { min_s, max_s } = window;
  const kept = { min_s: Math.min(min_s, AWAY_MAX_S), max_s: Math.min(max_s, AWAY_MAX_S) };
  const next = afterCode(loss, attempt, kept, random);
  if (next.action === 'stop') return next;
  return { action: 'wait', ms: Math.max(next.ms, (loss.retry_after_s ?? 0) * 1000) };
}

function afterCode(loss: Loss, attempt: number, window: Window, random: () => number): Next {
  const { min_s, max_s } = window;
  switch (loss.code) {
    case CLOSE.revoked:
      return { action: 'stop' };
    case CLOSE.replaced:
      return { action: 'wait', ms: spreadMs(longer(window, REPLACED_MIN_S), random) };
    case CLOSE.tooMany:
      return { action: 'wait', ms: spreadMs({ min_s: max_s, max_s: 2 * max_s }, random) };
    case CLOSE.notAuthorized:
      return { action: 'wait', ms: backoffMs(attempt, window, random) };
    default:
      return {
        action: 'wait',
        ms: loss.welcomed ? spreadMs({ min_s, max_s }, random) : backoffMs(attempt, window, random),
      };
  }
}

function longer({ max_s }: Window, atLeast_s: number): Window {
  const min_s = Math.max(atLeast_s, max_s);
  return { min_s, max_s: 4 * min_s };
}
