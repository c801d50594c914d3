import { describe, expect, it } from 'vitest';
import { shortage } from './open-files.js';
import { emptyTally, percentile, sumOf, summaryOf } from './tally.js';

const one = { ...emptyTally(), devices: 2, connected: 1, updated: 1, bytes: 10, durations_ms: [5] };

describe('the tallies of several processes', () => {
  it('are one in the end', () => {
    const sum = sumOf([
      { ...one, failed: { 'goes-silent': 1 } },
      { ...one, failed: { 'goes-silent': 2, 'install-failed': 1 } },
    ]);
    expect(sum).toMatchObject({ devices: 4, connected: 2, updated: 2, bytes: 20, durations_ms: [5, 5] });
    expect(sum.failed).toEqual({ 'goes-silent': 3, 'install-failed': 1 });
  });

  it('have no durations where nothing was updated', () => {
    expect(summaryOf(emptyTally(), 1.4)).toMatchObject({ duration_ms: null, seconds: 1 });
  });
});

describe('a percentile', () => {
  it('is the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect([0.5, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 99, 100]);
    expect(percentile([], 0.5)).toBeNull();
  });
});

describe('the open files', () => {
  it('are enough, or the number of processes that would be is named', () => {
    expect(shortage(5_000, 2, 64, 20_000)).toBeUndefined();
    const named = /--processes (\d+)/.exec(shortage(50_000, 2, 64, 20_000) ?? '')?.[1];
    expect(named).toBe('3');
    expect(shortage(50_000, Number(named), 64, 20_000)).toBeUndefined();
  });
});
