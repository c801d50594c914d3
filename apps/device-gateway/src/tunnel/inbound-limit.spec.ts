import { describe, expect, it } from 'vitest';
import { fullBucket, takeToken } from './inbound-limit.js';

const taken = (bucket: ReturnType<typeof fullBucket>, at: number, times: number): number =>
  Array.from({ length: times }, () => takeToken(bucket, at)).filter(Boolean).length;

describe('the limit on inbound frames', () => {
  it('lets 200 through at once', () => {
    expect(taken(fullBucket(0), 0, 250)).toBe(200);
  });

  it('lets 100 a second through after that', () => {
    const bucket = fullBucket(0);
    taken(bucket, 0, 200);
    expect(taken(bucket, 1_000, 250)).toBe(100);
  });

  it('never saves up more than the burst, and a clock that steps back gives nothing', () => {
    const bucket = fullBucket(0);
    expect(taken(bucket, 3_600_000, 250)).toBe(200);
    expect(taken(bucket, 0, 250)).toBe(0);
  });
});
