import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHORTEST_WAIT_MS, backoffMs, ceilingOf, spreadMs } from './backoff.js';

const windows = fc
  .tuple(fc.nat({ max: 600 }), fc.nat({ max: 600 }))
  .map(([a, b]) => ({ min_s: Math.min(a, b), max_s: Math.max(a, b) }));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a jittered wait', () => {
  it('never leaves its window, however often one has tried', () => {
    fc.assert(
      fc.property(windows, fc.nat({ max: 5_000 }), chance, (window, attempt, random) => {
        const ms = backoffMs(attempt, window, () => random);
        expect(ms).toBeGreaterThanOrEqual(Math.max(SHORTEST_WAIT_MS, window.min_s * 1000));
        expect(ms).toBeLessThanOrEqual(Math.max(SHORTEST_WAIT_MS, window.max_s * 1000));
      }),
    );
  });

  it('may get longer with each attempt, up to the end of the window', () => {
    expect([0, 1, 2, 3, 4, 5, 6].map((n) => ceilingOf(n, { min_s: 0, max_s: 30 }))).toEqual([1, 2, 4, 8, 16, 30, 30]);
  });

  it('uses the whole window after the loss of a tunnel', () => {
    const window = { min_s: 2, max_s: 30 };
    expect(spreadMs(window, () => 0)).toBe(2_000);
    expect(spreadMs(window, () => 0.5)).toBe(16_000);
  });

  it('is no busy loop, even in a window of nothing', () => {
    expect(spreadMs({ min_s: 0, max_s: 0 }, () => 0.9)).toBe(SHORTEST_WAIT_MS);
  });
});
