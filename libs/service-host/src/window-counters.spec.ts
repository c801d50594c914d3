import { beforeEach, describe, expect, it } from 'vitest';
import { WindowCounters } from './window-counters.js';

describe('counts in windows', () => {
  let now: number;
  const clock = { steady_ms: () => now };
  beforeEach(() => void (now = 59_000));

  it('begin with the first that is counted, so that a new minute of the clock forgives nothing', () => {
    const counters = new WindowCounters(clock);
    counters.add('a');
    now = 61_000;
    expect(counters.add('a')).toEqual({ count: 2, resets_in_ms: 58_000 });
    expect(counters.of('b')).toEqual({ count: 0, resets_in_ms: 60_000 });
  });

  it('end a minute later, each name for itself', () => {
    const counters = new WindowCounters(clock);
    counters.add('a');
    now = 100_000;
    counters.add('b');
    now = 119_000;
    expect([counters.of('a').count, counters.of('b').count]).toEqual([0, 1]);
    expect(counters.add('a')).toEqual({ count: 1, resets_in_ms: 60_000 });
    expect(counters.of('b').resets_in_ms).toBe(41_000);
  });

  it('forget names that are over', () => {
    const counters = new WindowCounters(clock, 1_000);
    for (let n = 0; n < 1_000; n++) counters.add(`name ${n}`);
    now = 61_000;
    counters.add('last');
    expect(Reflect.get(counters, 'windows')).toHaveProperty('size', 1);
  });
});
