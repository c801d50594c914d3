import { describe, expect, it } from 'vitest';
import { openingTogether } from './opening-together.js';

const nightly = { cron: '0 3 * * *', duration_s: 7_200, time_zone: 'UTC' };
const later = { ...nightly, cron: '0 4 * * *' };
const noon = { ...nightly, cron: '0 12 * * *' };
const opening = (at: string): string | undefined => openingTogether([nightly, later], new Date(at))?.toISOString();

describe('the time at which windows open together', () => {
  it('is that of the moment that is asked for, whatever was asked before', () => {
    expect(opening('2026-03-02T00:00:00Z')).toBe('2026-03-02T04:00:00.000Z');
    expect(opening('2026-03-02T01:00:00Z')).toBe('2026-03-02T04:00:00.000Z');
    expect(opening('2026-03-02T04:30:00Z')).toBe('2026-03-02T04:30:00.000Z');
    expect(opening('2026-03-02T05:00:00Z')).toBe('2026-03-03T04:00:00.000Z');
    expect(opening('2026-03-01T00:00:00Z')).toBe('2026-03-01T04:00:00.000Z');
  });

  it('is none where they have none in common, each time', () => {
    const at = new Date('2026-03-02T00:00:00Z');
    expect(openingTogether([nightly, noon], at)).toBeUndefined();
    expect(openingTogether([nightly, noon], at)).toBeUndefined();
    expect(openingTogether([nightly], at)).toEqual(new Date('2026-03-02T03:00:00Z'));
  });
});
