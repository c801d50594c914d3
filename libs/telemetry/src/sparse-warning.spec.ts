import { afterEach, expect, it, vi } from 'vitest';
import { logger } from './logger.js';
import { warnSparsely } from './sparse-warning.js';

afterEach(() => void vi.restoreAllMocks());

it('says the first at once, then one a minute with how many there were', () => {
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => undefined);
  for (const now of [0, 1, 30_000, 59_999, 60_000, 60_001]) warnSparsely('a', { n: now }, 'away', now);
  expect(warn.mock.calls).toEqual([
    [{ n: 0 }, 'away'],
    [{ n: 60_000, kept_back: 3 }, 'away'],
  ]);
});

it('tells apart what fails', () => {
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => undefined);
  for (const what of ['b', 'c', 'b']) warnSparsely(what, { what }, 'away', 0);
  expect(warn.mock.calls.map(([about]) => about)).toEqual([{ what: 'b' }, { what: 'c' }]);
});
