import { describe, expect, it } from 'vitest';
import { hadItsChance, windowAt, windowProblem } from './window.js';

const nightly = { cron: '0 2 * * *', duration_s: 3_600, time_zone: 'Europe/Berlin' };
const at = (time: string, window = nightly) => windowAt(window, new Date(time));

describe('a window', () => {
  it('is open from its first to before its last moment', () => {
    expect(at('2026-01-10T00:59:59.999Z')).toEqual({ open: false, opens_at: '2026-01-10T01:00:00.000Z' });
    expect(at('2026-01-10T01:00:00.000Z')).toEqual({
      open: true,
      opened_at: '2026-01-10T01:00:00.000Z',
      closes_at: '2026-01-10T02:00:00.000Z',
    });
    expect(at('2026-01-10T01:59:59.999Z')).toMatchObject({ open: true });
    expect(at('2026-01-10T02:00:00.000Z')).toEqual({ open: false, opens_at: '2026-01-11T01:00:00.000Z' });
  });

  it('is in its own time zone, winter and summer', () => {
    expect(at('2026-07-10T00:30:00Z')).toMatchObject({ open: true, closes_at: '2026-07-10T01:00:00.000Z' });
    expect(at('2026-07-10T01:30:00Z')).toMatchObject({ open: false });
    const india = { ...nightly, time_zone: 'Asia/Kolkata' };
    expect(at('2026-01-09T20:30:00Z', india)).toMatchObject({ open: true });
  });

  it('may last over midnight, and over days', () => {
    const weekend = { cron: '0 22 * * 5', duration_s: 50 * 3_600, time_zone: 'UTC' };
    expect(at('2026-01-11T23:59:59Z', weekend)).toMatchObject({ open: true });
    expect(at('2026-01-12T00:00:00Z', weekend)).toEqual({ open: false, opens_at: '2026-01-16T22:00:00.000Z' });
  });

  it('that begins before it has ended is never closed in between', () => {
    const always = { cron: '0 * * * *', duration_s: 7_200, time_zone: 'UTC' };
    for (const moment of ['02:59:59.000', '02:59:59.500', '02:59:59.999', '03:00:00.000', '03:00:00.001']) {
      expect(at(`2026-01-10T${moment}Z`, always)).toMatchObject({ open: true });
    }
    const gapless = { ...always, duration_s: 3_600 };
    expect(at('2026-01-10T02:59:59.999Z', gapless)).toMatchObject({
      open: true,
      closes_at: '2026-01-10T03:00:00.000Z',
    });
  });

  it('comes again after years', () => {
    const leap = { cron: '0 0 29 2 *', duration_s: 60, time_zone: 'UTC' };
    expect(at('2026-01-10T00:00:00Z', leap)).toEqual({ open: false, opens_at: '2028-02-29T00:00:00.000Z' });
  });
});

describe('in the nights of the clock change', () => {
  const halfPastTwo = { ...nightly, cron: '30 2 * * *' };

  it('an hour that is left out is made up for right after', () => {
    // Berlin, 29 March 2026: 02:00 is 03:00.
    expect(at('2026-03-29T00:59:59Z', halfPastTwo)).toEqual({ open: false, opens_at: '2026-03-29T01:00:00.000Z' });
    expect(at('2026-03-29T01:00:00Z', halfPastTwo)).toMatchObject({
      open: true,
      closes_at: '2026-03-29T02:00:00.000Z',
    });
    expect(at('2026-03-29T02:00:00Z', halfPastTwo)).toEqual({ open: false, opens_at: '2026-03-30T00:30:00.000Z' });
  });

  it('an hour that comes twice opens it once, and it lasts as long as always', () => {
    // Berlin, 25 October 2026: 03:00 is 02:00.
    expect(at('2026-10-25T00:30:00Z', halfPastTwo)).toMatchObject({
      open: true,
      closes_at: '2026-10-25T01:30:00.000Z',
    });
    expect(at('2026-10-25T01:30:00Z', halfPastTwo)).toEqual({ open: false, opens_at: '2026-10-26T01:30:00.000Z' });
  });

  it('a window that is open when the clock changes keeps its duration', () => {
    const long = { cron: '0 1 * * *', duration_s: 4 * 3_600, time_zone: 'Europe/Berlin' };
    expect(at('2026-03-29T00:00:00Z', long)).toMatchObject({ open: true, closes_at: '2026-03-29T04:00:00.000Z' });
    expect(at('2026-10-24T23:00:00Z', long)).toMatchObject({ open: true, closes_at: '2026-10-25T03:00:00.000Z' });
  });
});

describe('a window that cannot be read', () => {
  it.each([
    ['* * * *', 'UTC', 'five fields'],
    ['* * * * * *', 'UTC', 'five fields'],
    ['x 2 * * *', 'UTC', 'cannot be read'],
    ['0 24 * * *', 'UTC', 'cannot be read'],
    ['0 0 31 4 *', 'UTC', 'never opens'],
    ['0 2 * * *', '', 'time_zone'],
    ['0 2 * * *', 'Europe/Atlantis', 'cannot be read'],
  ])('%s in "%s"', (cron, time_zone, words) => {
    expect(windowProblem({ cron, duration_s: 60, time_zone })).toContain(words);
  });

  it('is none where there is none', () => {
    expect(windowProblem(undefined)).toBeUndefined();
    expect(windowProblem(nightly)).toBeUndefined();
    expect(windowProblem({ ...nightly, cron: '0 2 * * MON-FRI' })).toBeUndefined();
  });
});

describe('a device that waits for a window', () => {
  const night = { cron: '0 2 * * *', duration_s: 3600, time_zone: 'UTC' };
  const had = (time: string, waiting_s: number) => hadItsChance(night, new Date(time), waiting_s);

  it('has had no chance while the window is closed, and when it has just opened', () => {
    expect(had('2026-01-10T12:00:00Z', 60)).toBe(false);
    expect(had('2026-01-10T02:00:30Z', 60)).toBe(false);
  });

  it('has had it after its own time, or after half of a window that is shorter', () => {
    expect(had('2026-01-10T02:01:00Z', 60)).toBe(true);
    expect(had('2026-01-10T02:29:00Z', 86_400)).toBe(false);
    expect(had('2026-01-10T02:30:00Z', 86_400)).toBe(true);
  });
});
