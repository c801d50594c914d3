import { fullBucket, refilled, type Bucket, type Rate } from '../token-bucket.js';

/** What a device may still have written, in events. Below zero it has had more than its share. */
export type Allowance = Bucket;

/**
 * Half of what a device may have in a minute comes at once, the other half in the course of the minute, so that no
 * minute ever has more.
 */
const rateOf = (per_minute: number): Rate => ({ per_s: per_minute / 120, burst: per_minute / 2 });

export function wholeAllowance(per_minute: number, at: number): Allowance {
  return fullBucket(rateOf(per_minute), at);
}

export function isWhole(allowance: Allowance, per_minute: number, at: number): boolean {
  return refilled(allowance, rateOf(per_minute), at).tokens >= per_minute / 2;
}

/** What is left after `events`, which leave `keep` untouched; undefined when there are not so many. */
export function spend(
  allowance: Allowance,
  events: number,
  { per_minute, at, keep = 0 }: { per_minute: number; at: number; keep?: number },
): Allowance | undefined {
  const left = owe(allowance, events, per_minute, at);
  return left.tokens >= keep ? left : undefined;
}

/** What is left after what has to be written anyway. */
export function owe(allowance: Allowance, events: number, per_minute: number, at: number): Allowance {
  const now = refilled(allowance, rateOf(per_minute), at);
  return { ...now, tokens: now.tokens - events };
}

/** When there will be so many, in milliseconds. */
export function dueAt({ tokens, at }: Allowance, wanted: number, per_minute: number): number {
  return at + (Math.max(0, wanted - tokens) * 1000) / rateOf(per_minute).per_s;
}
