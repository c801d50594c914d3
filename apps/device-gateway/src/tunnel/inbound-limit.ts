/** Frames a second that a device may send in the long run; a working one sends a few. */
const FRAMES_PER_S = 100;
/** Frames that it may send at once, e.g. after an outage. */
const BURST = 200;

/** A token bucket: `tokens` were left at `at` (milliseconds). */
export interface Bucket {
  tokens: number;
  at: number;
}

export const fullBucket = (at: number): Bucket => ({ tokens: BURST, at });

/** Takes a token in place, since it is done for every frame. @returns false when none is left */
export function takeToken(bucket: Bucket, at: number): boolean {
  const elapsed_ms = Math.max(0, at - bucket.at);
  bucket.tokens = Math.min(BURST, bucket.tokens + (elapsed_ms * FRAMES_PER_S) / 1000);
  bucket.at = at;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
