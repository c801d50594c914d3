import fc from 'fast-check';
import { PHASES } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  flushDueAt,
  flushProgress,
  pendingWritten,
  takeProgress,
  type Coalescing,
  type ProgressPoint,
} from './progress-coalescer.js';

interface Said extends ProgressPoint {
  at: number;
}

/** What goes to the log when a device says all this and then falls silent. */
function written(said: readonly Said[]): Said[] {
  const out: Said[] = [];
  let coalescing: Coalescing = {};
  const flush = (until: number): void => {
    const due = flushDueAt(coalescing);
    if (due === undefined || due > until) return;
    const flushed = flushProgress(coalescing, due);
    coalescing = flushed.coalescing;
    if (flushed.emit) out.push({ ...flushed.emit, at: due });
  };
  for (const { at, phase, progress } of said) {
    flush(at);
    const taken = takeProgress(coalescing, { phase, progress }, at);
    coalescing = taken.coalescing;
    if (taken.emit) out.push({ ...taken.emit, at });
  }
  flush(Infinity);
  return out;
}

const download = (at: number, progress: number): Said => ({ at, phase: 'downloading', progress });

describe('coalesced progress', () => {
  it('is one report of phases that pass within a second: the newest', () => {
    const said: Said[] = [
      download(0, 0),
      { at: 1, phase: 'verifying', progress: 0 },
      { at: 999, phase: 'installing', progress: 0 },
      { at: 1_001, phase: 'rebooting', progress: 0 },
    ];
    expect(written(said)).toEqual([
      { at: 1_000, phase: 'installing', progress: 0 },
      { at: 2_001, phase: 'rebooting', progress: 0 },
    ]);
  });

  it('is written without a wait for the next phase where something is to be written after it', () => {
    const { coalescing } = takeProgress({}, { phase: 'installing', progress: 0 }, 0);
    const now = pendingWritten(coalescing, 10);
    expect(now.emit).toEqual({ phase: 'installing', progress: 0 });
    expect(flushDueAt(now.coalescing)).toBeUndefined();
    expect(pendingWritten(now.coalescing, 20)).toEqual({ coalescing: now.coalescing });
  });

  it('is written once a second at most', () => {
    expect(written([download(0, 0), download(100, 10), download(200, 20), download(1_500, 40)])).toEqual([
      download(1_000, 20),
      download(2_000, 40),
    ]);
  });

  it('is not written when it moved by less than 5 points', () => {
    expect(written([download(0, 10), download(5_000, 14), download(9_000, 15)])).toEqual([
      download(1_000, 10),
      download(9_000, 15),
    ]);
  });

  it('drops what waited when the phase changes', () => {
    const verifying: Said = { at: 1_600, phase: 'verifying', progress: 0 };
    expect(written([download(0, 0), download(1_500, 50), verifying])).toEqual([
      download(1_000, 0),
      { ...verifying, at: 2_000 },
    ]);
  });

  const story = fc
    .array(
      fc.record({
        wait: fc.nat(1_500),
        phase: fc.constantFrom(...PHASES),
        progress: fc.integer({ min: 0, max: 100 }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    .map((steps) => {
      let at = 0;
      return steps.map(({ wait, phase, progress }): Said => ({ at: (at += wait), phase, progress }));
    });

  it('ends less than 5 points from the last word, in the last phase', () =>
    fc.assert(
      fc.property(story, (said) => {
        const last = written(said).at(-1)!;
        expect(last.phase).toBe(said.at(-1)!.phase);
        expect(Math.abs(last.progress - said.at(-1)!.progress)).toBeLessThan(5);
      }),
    ));

  it('keeps a second between any two', () =>
    fc.assert(
      fc.property(story, (said) => {
        const out = written(said);
        const pairs = out.slice(1).map((next, index) => [out[index]!, next] as const);
        for (const [before, after] of pairs) {
          expect(after.at - before.at).toBeGreaterThanOrEqual(1_000);
          if (before.phase !== after.phase) continue;
          expect(Math.abs(after.progress - before.progress)).toBeGreaterThanOrEqual(5);
        }
      }),
    ));
});
