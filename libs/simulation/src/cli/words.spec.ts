import { describe, expect, it } from 'vitest';
import { emptyTally } from '../run-seeds.js';
import { tallyWords } from './words.js';

describe('what many histories held', () => {
  it('is told on average, and in sums where counts belong together, the most first', () => {
    const counts = { events: 30, 'updates: failed': 2, 'ends: no, thanks: 2': 1, 'updates: completed': 1_300 };
    const times = { virtual_ms: 2_700_000, elapsed_ms: 60_000, cpu_ms: 15_000 };
    const said = tallyWords({ ...emptyTally(), ...times, histories: 10, counts });
    expect(said[0]).toMatch(/^10 histories, 10 a minute, .* in 60 s; 40 a minute of CPU$/);
    expect(said[1]).toBe('a history on average: events 3, virtual minutes 4.5, steps 0, draws 0');
    expect(said[2]).toBe('all together: 0.8 virtual hours, 15 s of CPU');
    expect(said.slice(3)).toEqual(['updates: completed 1,300, failed 2', 'ends: no, thanks: 2 1']);
  });
});
