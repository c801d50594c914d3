import { describe, expect, it } from 'vitest';
import { PHASES } from '@edgeflow/contracts';
import { wholeProgress } from './whole-progress.js';

describe('the progress of a whole update', () => {
  it('begins at 0, ends at 100, and never runs backwards', () => {
    const told = PHASES.flatMap((phase) => [0, 50, 100].map((percent) => wholeProgress(phase, percent)));
    expect(told[0]).toBe(0);
    expect(told.at(-1)).toBe(100);
    expect(told).toEqual([...told].sort((a, b) => a - b));
  });
});
