import { describe, expect, it } from 'vitest';
import { commonOpening } from './common-opening.js';

const nightly = { cron: '0 2 * * *', duration_s: 7_200, time_zone: 'UTC' };
const saturdays = { cron: '0 0 * * 6', duration_s: 86_400, time_zone: 'UTC' };
const friday = new Date('2026-01-09T12:00:00.000Z');
const opening = (...windows: (typeof nightly)[]) => commonOpening(windows, friday)?.toISOString();

describe('the first time at which windows are open together', () => {
  it('is now where there are none, or all are open', () => {
    expect(opening()).toBe(friday.toISOString());
    expect(opening({ ...nightly, cron: '0 11 * * *' })).toBe(friday.toISOString());
  });

  it('is the opening of the last of them to open', () => {
    expect(opening(nightly)).toBe('2026-01-10T02:00:00.000Z');
    expect(opening(nightly, saturdays)).toBe('2026-01-10T02:00:00.000Z');
    expect(opening(saturdays, { ...nightly, cron: '0 23 * * *' })).toBe('2026-01-10T00:00:00.000Z');
  });

  it('is none where they never are, and where one cannot be read', () => {
    expect(opening(nightly, { ...nightly, cron: '0 12 * * *' })).toBeUndefined();
    expect(opening({ ...nightly, cron: '0 0 30 2 *' })).toBeUndefined();
    expect(opening({ ...nightly, cron: 'whenever' })).toBeUndefined();
  });
});
