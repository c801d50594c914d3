import { describe, expect, it } from 'vitest';
import { fullBucket, takeToken } from './token-bucket.js';

const taken = (bucket: ReturnType<typeof fullBucket>, at: number, times: number): number =>
  Array.from({ length: times }, () => takeToken(bucket, rate, at)).filter(Boolean).length;

const rate = { per_s: 100, burst: 200 };

describe('a token bucket', () => {
  it('lets its burst through at once', () => {
    expect(taken(fullBucket(rate, 0), 0, 250)).toBe(200);
  });

  it('lets its rate through after that', () => {
    const bucket = fullBucket(rate, 0);
    taken(bucket, 0, 200);
    expect(taken(bucket, 1_000, 250)).toBe(100);
  });

  it('never saves up more than the burst, and a clock that steps back gives nothing', () => {
    const bucket = fullBucket(rate, 0);
    expect(taken(bucket, 3_600_000, 250)).toBe(200);
    expect(taken(bucket, 0, 250)).toBe(0);
  });
});
