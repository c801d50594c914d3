import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wholeAllowance } from './event-allowance.js';
import { atOnce, pace, paceDueAt, paceOn, type Paced } from './paced-reports.js';
import type { ReportEffect } from './session.state.js';
import { dispatched, hello } from './session.fixture.js';

const PER_MINUTE = 60;
const MINUTE_MS = 60_000;
const dispatch = dispatched(10);

const progress = (value: number): ReportEffect => ({
  type: 'report-progress',
  dispatch,
  point: { phase: value % 2 === 0 ? 'downloading' : 'verifying', progress: value },
});
const boot = (boot_id: string, { lasting = false, proves = false } = {}): ReportEffect => ({
  ...{ type: 'report-version', hello: { ...hello, boot_id }, dispatch, lasting, proves },
});
const failed: ReportEffect = {
  ...{ type: 'report-failed', dispatch, code: 'install-failed', message: '', reported_by: 'device' },
};

/** Plays what a device says, at its times, with a timer that fires when it is due. */
function play(said: readonly { report: ReportEffect; after_ms: number }[]) {
  let paced: Paced = { allowance: wholeAllowance(PER_MINUTE, 0), waiting: [] };
  const written: { report: ReportEffect; at: number }[] = [];
  const took = (step: ReturnType<typeof pace>, at: number): void => {
    paced = step.paced;
    for (const report of step.write) written.push({ report, at });
  };
  const passes = (until: number): void => {
    for (
      let due = paceDueAt(paced, PER_MINUTE);
      due !== undefined && due <= until;
      due = paceDueAt(paced, PER_MINUTE)
    ) {
      // A timer is never early, and may be a little late.
      took(paceOn(paced, PER_MINUTE, Math.ceil(due) + 1), Math.ceil(due) + 1);
    }
  };
  let at = 0;
  for (const { report, after_ms } of said) {
    at += after_ms;
    passes(at);
    took(pace(paced, report, PER_MINUTE, at), at);
  }
  passes(at + 10 * MINUTE_MS);
  return { written, paced };
}

const any: fc.Arbitrary<{ report: ReportEffect; after_ms: number }[]> = fc.array(
  fc.record({
    report: fc.oneof(
      fc.nat(100).map(progress),
      fc.nat(50).map((n) => boot(`boot-${n}`)),
      fc.nat(50).map((n) => boot(`boot-${n}`, { lasting: true })),
    ),
    after_ms: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(20_000)),
  }),
  { maxLength: 400 },
);

describe('what a device says, whatever and however fast', () => {
  it('is never more than its share of any minute', () => {
    fc.assert(
      fc.property(any, (said) => {
        const { written } = play(said);
        for (const { at } of written) {
          const minute = written.filter((other) => other.at >= at && other.at < at + MINUTE_MS);
          expect(minute.length).toBeLessThanOrEqual(PER_MINUTE);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('ends with its last word of each kind, in the order in which it was said', () => {
    fc.assert(
      fc.property(any, (said) => {
        const { written, paced } = play(said);
        expect(paced.waiting).toEqual([]);
        const lastOf = (reports: readonly ReportEffect[], type: ReportEffect['type']) =>
          reports.findLast((report) => report.type === type);
        const [sent, kept] = [said.map(({ report }) => report), written.map(({ report }) => report)];
        for (const type of ['report-progress', 'report-version'] as const) {
          expect(lastOf(kept, type)).toEqual(lastOf(sent, type));
        }
        expect(kept.at(-1)).toEqual(sent.at(-1));
      }),
    );
  });

  it('is written at once when it ends the update, after what it depends on', () => {
    const flood = Array.from({ length: 200 }, (_, n) => ({ report: progress(n), after_ms: 1 }));
    for (const last of [failed, boot('boot-9', { lasting: true, proves: true })]) {
      const { written } = play([...flood, { report: last, after_ms: 1 }]);
      expect(written.at(-1)).toEqual({ report: last, at: 201 });
      expect(written.at(-2)).toEqual({ report: progress(199), at: 201 });
    }
  });

  it('is written when the tunnel ends', () => {
    let paced: Paced = { allowance: { tokens: 0, at: 0 }, waiting: [] };
    for (const report of [progress(1), boot('boot-2'), progress(3)]) paced = pace(paced, report, PER_MINUTE, 0).paced;
    expect(atOnce(paced, PER_MINUTE, 0).write).toEqual([boot('boot-2'), progress(3)]);
  });

  it('keeps a version that has to stay in the log from being lost to a boot that has not', () => {
    let paced: Paced = { allowance: { tokens: 0, at: 0 }, waiting: [] };
    const lasting = boot('boot-2', { lasting: true });
    for (const report of [lasting, boot('boot-3'), boot('boot-4')]) paced = pace(paced, report, PER_MINUTE, 0).paced;
    expect(paced.waiting).toEqual([lasting, boot('boot-4')]);
  });
});
