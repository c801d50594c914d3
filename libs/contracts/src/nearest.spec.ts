import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.js';

const known = ['dry_run', 'limit', 'cursor', 'after', 'max_in_flight', 'max_per_minute', 'x'];

describe('a name that nobody knows', () => {
  it.each([
    ['dryrun', 'dry_run'],
    ['dryRun', 'dry_run'],
    ['dry-run', 'dry_run'],
    ['dry_rum', 'dry_run'],
    ['limits', 'limit'],
    ['curser', 'cursor'],
    ['max_inflight', 'max_in_flight'],
  ])('is taken for the one that was meant: %s', (name, meant) => {
    expect(nearest(name, known)).toBe(meant);
  });

  it.each(['', 'y', 'fleet', 'org', 'is_admin', 'z'.repeat(100_000)])(
    'is taken for none when it is near to none: %s',
    (name) => {
      expect(nearest(name, known)).toBeUndefined();
      expect(didYouMean(name, known)).toBe('');
    },
  );
});
