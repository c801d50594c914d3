/** How many there may be in the long run, and how many at once. */
export interface Rate {
  per_s: number;
  burst: number;
}

/** `tokens` were left at `at` (milliseconds). */
export interface Bucket {
  tokens: number;
  at: number;
}

export const fullBucket = ({ burst }: Rate, at: number): Bucket => ({ tokens: burst, at });

/** The bucket at a later time. */
export function refilled({ tokens, at }: Bucket, { per_s, burst }: Rate, now: number): Bucket {
  return { tokens: Math.min(burst, tokens + (Math.max(0, now - at) * per_s) / 1000), at: Math.max(at, now) };
}

/** Takes a token, or `cost` of them, in place, since it is done for every frame. @returns false, and takes none, when there are not so many left */
export function takeToken(bucket: Bucket, rate: Rate, at: number, cost = 1): boolean {
  Object.assign(bucket, refilled(bucket, rate, at));
  if (bucket.tokens < cost) return false;
  bucket.tokens -= cost;
  return true;
}

/** When there is a token, in milliseconds from `now`. */
export function tokenIn_ms(bucket: Bucket, rate: Rate, now: number): number {
  const { tokens } = refilled(bucket, rate, now);
  return tokens >= 1 ? 0 : ((1 - tokens) * 1_000) / rate.per_s;
}
