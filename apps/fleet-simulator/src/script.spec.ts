import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scriptOf, type Chances } from './script.js';
import { mulberry32, seededBytes } from './seeded-random.js';
import { FAULTS } from './settings.js';

const chances: Chances = {
  seed: 1,
  failureRate: 0.02,
  failureKinds: FAULTS,
  downloadDelayMs: { from: 100, to: 2_000 },
  installDelayMs: { from: 5, to: 5 },
};
const device = fc.string({ minLength: 1 });
const update = fc.record({ number: fc.integer({ min: 1, max: 1_000 }), version: fc.constantFrom('2.0.0', '3.0.0') });
const first = { number: 1, version: '2.0.0' };

describe('the script of an update', () => {
  it('is the same for the same seed, device and number', () => {
    fc.assert(
      fc.property(device, update, (id, n) => {
        expect(scriptOf(chances, id, n)).toEqual(scriptOf({ ...chances }, id, n));
      }),
    );
  });

  it('keeps to its spans', () => {
    fc.assert(
      fc.property(device, update, (id, n) => {
        const { download_delay_ms, install_delay_ms } = scriptOf(chances, id, n);
        expect(download_delay_ms).toBeGreaterThanOrEqual(100);
        expect(download_delay_ms).toBeLessThanOrEqual(2_000);
        expect(install_delay_ms).toBe(5);
      }),
    );
  });

  it('goes wrong as often as it should, in every way', () => {
    const faults = Array.from({ length: 20_000 }, (_, n) => scriptOf(chances, `sim-${n}`, first).fault);
    const wrong = faults.filter((fault) => fault !== 'none');
    // 400 expected; 5 standard deviations are 99.
    expect(Math.abs(wrong.length - 400)).toBeLessThan(100);
    expect(new Set(wrong)).toEqual(new Set(FAULTS));
  });

  it('has the same delays whatever the failure rate', () => {
    const never = scriptOf({ ...chances, failureRate: 0 }, 'sim-1', first);
    expect(scriptOf({ ...chances, failureRate: 1 }, 'sim-1', first)).toMatchObject({
      download_delay_ms: never.download_delay_ms,
      fault: expect.not.stringMatching('none'),
    });
  });

  it('goes wrong for the bad version alone, and as it would without one', () => {
    const wrong = { ...chances, failureRate: 1 };
    const picky = { ...wrong, badVersion: '2.0.0' };
    expect(scriptOf(picky, 'sim-1', first)).toEqual(scriptOf(wrong, 'sim-1', first));
    const good = { number: 1, version: '2.0.1' };
    expect(scriptOf(picky, 'sim-1', good)).toEqual({ ...scriptOf(wrong, 'sim-1', good), fault: 'none' });
  });
});

describe('the generator', () => {
  it('is mulberry32', () => {
    const random = mulberry32(1);
    // Computed with the author's C code for the state 1.
    expect([random(), random()].map((value) => Math.round(value * 2 ** 32))).toEqual([2_693_262_067, 11_749_833]);
  });

  it('makes other bytes of other parts', () => {
    expect(seededBytes('a', 'bc')).not.toEqual(seededBytes('ab', 'c'));
  });
});
