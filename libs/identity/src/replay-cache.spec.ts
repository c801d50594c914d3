import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplayCache } from './replay-cache.js';

const PERIOD_S = 100;

/** Whether the cache takes the token at that time. */
function takes(cache: ReplayCache, jti: string, at: number, device = 'acme/dev_1'): boolean {
  try {
    cache.use(device, jti, at);
    return true;
  } catch {
    return false;
  }
}

describe('the memory of used tokens', () => {
  it('keeps devices apart', () => {
    const cache = new ReplayCache(PERIOD_S);
    expect(takes(cache, 'a', 0)).toBe(true);
    expect(takes(cache, 'a', 0)).toBe(false);
    expect(takes(cache, 'a', 0, 'acme/dev_2')).toBe(true);
  });

  it('knows every token for a whole period, whenever it came', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 250 }), jti: fc.constantFrom('a', 'b', 'c') });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e9 }), fc.array(step, { maxLength: 30 }), (begin, steps) => {
        const cache = new ReplayCache(PERIOD_S);
        const usedAt = new Map<string, number>();
        let now = begin;
        for (const { wait, jti } of steps) {
          now += wait;
          const age = now - (usedAt.get(jti) ?? -Infinity);
          const taken = takes(cache, jti, now);
          if (age < PERIOD_S) expect(taken).toBe(false);
          if (age >= 2 * PERIOD_S) expect(taken).toBe(true);
          if (taken) usedAt.set(jti, now);
        }
      }),
    );
  });

  it('bounds what one device may use, without touching the others', () => {
    const cache = new ReplayCache(PERIOD_S);
    for (let n = 0; n < 1000; n++) cache.use('acme/dev_1', `t${n}`, 0);
    expect(() => cache.use('acme/dev_1', 'one more', 0)).toThrow(
      expect.objectContaining({ code: 'too-many-requests' }),
    );
    expect(takes(cache, 'one more', 0, 'acme/dev_2')).toBe(true);
    expect(takes(cache, 'one more', PERIOD_S)).toBe(true);
  });
});
