import { describe, expect, it } from 'vitest';
import { emptyTally } from '../run-seeds.js';
import { tallyWords } from './words.js';

describe('what many histories held', () => {
  it('is told on average, and in sums where counts belong together, the most first', () => {
    const counts = { events: 30, 'updates: failed': 2, 'ends: no, thanks: 2': 1, 'updates: completed': 1_300 };
    const said = tallyWords({ ...emptyTally(), histories: 10, counts });
    expect(said[1]).toContain('virtual hours, events 3, draws 0');
    expect(said.slice(2)).toEqual(['updates: completed 1,300, failed 2', 'ends: no, thanks: 2 1']);
  });
});
