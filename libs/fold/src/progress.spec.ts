import { describe, expect, it } from 'vitest';
import { Progress } from './progress.js';

describe('a reader of the log', () => {
  it('gets on while it passes one position after the other, or has nothing before it', () => {
    const progress = new Progress();
    for (let at = 0; at < 60_000; at += 1_000) {
      progress.saw(at, at);
      expect(progress.stalled(at)).toBeUndefined();
    }
    progress.saw(undefined, 60_000);
    expect(progress.stalled(600_000)).toBeUndefined();
  });

  it('is stalled after ten seconds before the same position, and says for how long', () => {
    const progress = new Progress();
    progress.saw(7, 1_000);
    progress.saw(7, 9_000);
    expect(progress.stalled(10_999)).toBeUndefined();
    progress.saw(7, 15_500);
    expect(progress.stalled(15_500)).toEqual({ position: 7, for_s: 14 });
    progress.saw(8, 16_000);
    expect(progress.stalled(16_000)).toBeUndefined();
  });

  it('begins anew with what comes after a rest', () => {
    const progress = new Progress();
    progress.saw(7, 0);
    progress.saw(undefined, 5_000);
    progress.saw(7, 50_000);
    expect(progress.stalled(55_000)).toBeUndefined();
  });
});
