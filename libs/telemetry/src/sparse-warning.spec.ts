import { afterEach, expect, it, vi } from 'vitest';
import { logger } from './logger.js';
import { errorSparsely, warnSparsely } from './sparse-warning.js';

afterEach(() => void vi.restoreAllMocks());

const at = (now: number) => ({ steady_ms: () => now });

it('says the first at once, then one a minute with how many there were', () => {
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => undefined);
  for (const now of [0, 1, 30_000, 59_999, 60_000, 60_001]) warnSparsely('a', { n: now }, 'away', at(now));
  expect(warn.mock.calls).toEqual([
    [{ n: 0 }, 'away'],
    [{ n: 60_000, kept_back: 3 }, 'away'],
  ]);
});

it('tells apart what fails', () => {
  const warn = vi.spyOn(logger, 'warn').mockImplementation(() => undefined);
  for (const what of ['b', 'c', 'b']) warnSparsely(what, { what }, 'away', at(0));
  expect(warn.mock.calls.map(([about]) => about)).toEqual([{ what: 'b' }, { what: 'c' }]);
});

it('says as an error what somebody has to mend, as sparsely', () => {
  const error = vi.spyOn(logger, 'error').mockImplementation(() => undefined);
  for (const now of [0, 1, 60_000]) errorSparsely('d', { n: now }, 'broken', at(now));
  expect(error.mock.calls.map(([about]) => about)).toEqual([{ n: 0 }, { n: 60_000, kept_back: 1 }]);
});
