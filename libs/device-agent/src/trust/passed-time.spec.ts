import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floorAfter, momentOf } from './passed-time.js';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.parse('2027-06-01T00:00:00Z');
const YEARS_MS = 3_650 * DAY_MS;
const anyTime = fc.integer({ min: 0, max: NOW + 10 * YEARS_MS });

describe('the time that expiry is judged by', () => {
  it('is never before any of the three, whatever the others say', () => {
    fc.assert(
      fc.property(anyTime, anyTime, fc.option(anyTime, { nil: undefined }), (floor, own, cloud) => {
        expect(momentOf(floor, { own, cloud }).at).toBe(Math.max(floor, own, cloud ?? 0));
      }),
    );
  });

  it('says whose it is', () => {
    expect(momentOf(0, { own: NOW, cloud: 0 }).by).toBe("this device's clock");
    expect(momentOf(0, { own: 0, cloud: NOW }).by).toBe("the cloud's clock");
    expect(momentOf(NOW, { own: 0, cloud: undefined }).by).toContain('latest time');
  });
});

describe('the floor of time', () => {
  it('never falls, and is never raised past what a clock says', () => {
    fc.assert(
      fc.property(anyTime, anyTime, fc.option(anyTime, { nil: undefined }), (floor, own, cloud) => {
        const after = floorAfter(floor, { own, cloud });
        expect(after).toBeGreaterThanOrEqual(floor);
        expect(after).toBeLessThanOrEqual(Math.max(floor, own, cloud ?? 0));
      }),
    );
  });

  it.each([
    ['the later of two clocks that agree', { own: NOW, cloud: NOW + 60_000 }, NOW + 60_000],
    ['not a hostile cloud that is far ahead', { own: NOW, cloud: NOW + YEARS_MS }, NOW],
    ['not an own clock that is far ahead', { own: NOW + YEARS_MS, cloud: NOW }, NOW],
    ["the cloud's word where the own clock is lost", { own: 60_000, cloud: NOW }, NOW],
    ['nothing while the cloud is away', { own: NOW, cloud: undefined }, NOW - DAY_MS],
  ])('books %s', (_, clocks, expected) => {
    expect(floorAfter(NOW - DAY_MS, clocks)).toBe(expected);
  });

  it('keeps an expired manifest expired for a device that lost its clock to a cloud that turns it back', () => {
    const honest = floorAfter(0, { own: 60_000, cloud: NOW });
    const hostile = { own: 60_000, cloud: NOW - YEARS_MS };
    expect(momentOf(floorAfter(honest, hostile), hostile).at).toBe(NOW);
  });
});
