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

/** Takes a token in place, since it is done for every frame. @returns false when none is left */
export function takeToken(bucket: Bucket, { per_s, burst }: Rate, at: number): boolean {
  const elapsed_ms = Math.max(0, at - bucket.at);
  bucket.tokens = Math.min(burst, bucket.tokens + (elapsed_ms * per_s) / 1000);
  bucket.at = at;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
