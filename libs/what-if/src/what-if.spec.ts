import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused, type RolloutSpec } from '@edgeflow/contracts';
import { recordedOutcomes } from './recorded-outcomes.js';
import { record, type Behaviour, type Scene } from './recording.fixture.js';
import type { Run } from './run.js';
import { whatIf } from './what-if.js';

const takes = (takes_s: number): Behaviour[] => [{ takes_s }];
const fails = (takes_s: number, code = 'install-failed'): Behaviour[] => [{ takes_s, fails: code }];
const recording = (scene: Scene) => recordedOutcomes(record(scene));

/** 100 devices of which three in ten fail, sooner than the others succeed. */
const thirty = Array.from({ length: 100 }, (_, n) => (n % 10 < 3 ? fails(20) : takes(30 + (n % 7))));
const allAtOnce = (change: Partial<Scene> = {}): Scene => ({
  spec: { strategy: { type: 'all_at_once' } },
  devices: thirty,
  ...change,
});
const canary = { type: 'canary', percent: 10, soak_s: 60 } as const;
const abortAt20 = { percent: 20, min_finished: 5, action: 'abort' } as const;

/** What does not depend on how fast the services are. */
function numbersOf({ state, stop, after_s, told, succeeded, failed, in_flight, waiting, waves }: Run) {
  return { state, stop, after_s, told, succeeded, failed, in_flight, waiting, waves };
}

describe('a recorded rollout under another strategy', () => {
  it('stops after the canary, having hit a tenth of the fleet', () => {
    const { recorded, simulated } = whatIf(recording(allAtOnce()), { strategy: canary, failure: abortAt20 });
    expect(recorded).toMatchObject({ state: 'completed', stop: null, told: 100, succeeded: 70, failed: 30 });
    expect(simulated).toMatchObject({
      state: 'aborted',
      told: 10,
      succeeded: 2,
      failed: 3,
      in_flight: 5,
      cancelled: 90,
    });
  });

  it('says where, when and with which numbers the gate stopped it', () => {
    const { simulated } = whatIf(recording(allAtOnce()), { strategy: canary, failure: abortAt20 });
    expect(simulated.stop).toEqual({
      wave: 0,
      after_s: 31,
      gate: {
        ...{ gate: 'failure', passed: false, per: 'wave', wave: 0, finished: 5, succeeded: 2, failed: 3, percent: 60 },
        ...{ threshold_percent: 20, min_finished: 5, action: 'abort' },
      },
    });
  });

  it('goes through where the gate allows as many failures, and takes as long as soak and devices do', () => {
    const { simulated } = whatIf(recording(allAtOnce()), {
      strategy: { ...canary, success_percent: 50 },
      failure: { percent: 90, min_finished: 40 },
    });
    expect(simulated).toMatchObject({ state: 'completed', stop: null, told: 100, succeeded: 70, failed: 30 });
    expect(simulated.waves).toMatchObject([
      { told: 10, succeeded: 7, failed: 3, completed_after_s: 36, gate: { gate: 'success', passed: true } },
      { told: 90, succeeded: 63, failed: 27, completed_after_s: 36 + 60 + 36 },
    ]);
  });

  it('stops at the success gate of a wave', () => {
    const { simulated } = whatIf(recording(allAtOnce()), { strategy: { ...canary, success_percent: 95 } });
    expect(simulated).toMatchObject({ state: 'paused', told: 10, succeeded: 7, failed: 3, in_flight: 0, waiting: 90 });
    expect(simulated.stop).toMatchObject({ wave: 0, gate: { gate: 'success', percent: 70, action: 'pause' } });
  });

  it('keeps to the limits that it is given', () => {
    const { simulated } = whatIf(recording(allAtOnce()), { limits: { max_in_flight: 10, max_per_minute: 20 } });
    expect(simulated).toMatchObject({ state: 'completed', told: 100 });
    expect(simulated.after_s).toBeGreaterThan(4 * 60);
  });

  it('drops a gate that is null', () => {
    const recorded = recording(allAtOnce({ spec: { strategy: canary, failure: abortAt20 } }));
    const { simulated, simulated_with } = whatIf(recorded, { failure: null, assume: 'succeed' });
    expect(simulated).toMatchObject({ state: 'completed', told: 100, failed: 3 });
    expect(simulated_with.failure).toBeNull();
  });

  it('refuses a strategy that a request could not have, with the code and the member', () => {
    const recorded = recording(allAtOnce());
    const refusal = (strategy: unknown) => {
      try {
        return whatIf(recorded, { strategy });
      } catch (error) {
        return error;
      }
    };
    expect(refusal({ type: 'canary' })).toMatchObject({ code: 'invalid-request' });
    expect(refusal({ type: 'canary', percent: 10, count: 3 })).toMatchObject({
      detail: /exactly one of percent, count/,
    });
    expect(refusal({ type: 'rolling', batch_size: 1, pause: 3 })).toBeInstanceOf(Refused);
    expect(refusal('canary')).toMatchObject({ code: 'invalid-request' });
  });

  it('is the same every time', () => {
    const events = record(allAtOnce({ spec: { strategy: canary, failure: abortAt20 } }));
    const change = { strategy: { type: 'rolling', batch_size: 7, pause_between_s: 5 }, failure: null };
    const once = whatIf(recordedOutcomes(events), change);
    expect(whatIf(recordedOutcomes(events.toReversed()), change)).toEqual(once);
  });
});

describe('devices without an outcome', () => {
  const stopped = () => recording(allAtOnce({ spec: { strategy: canary, failure: abortAt20 } }));

  it('are counted by what became of them', () => {
    const { without_outcome } = whatIf(stopped(), {});
    expect(without_outcome).toMatchObject({
      devices: 95,
      never_told: 90,
      cancelled: 5,
      open: 0,
      assume: 'as-recorded',
    });
  });

  it('fail at the recorded share, or as is asked', () => {
    const all = (assume: 'as-recorded' | 'succeed' | 'fail') =>
      whatIf(stopped(), { strategy: { type: 'all_at_once' }, failure: null, assume });
    expect(all('as-recorded').simulated).toMatchObject({ told: 100, failed: 3 + 57, succeeded: 2 + 38 });
    expect(all('succeed').simulated).toMatchObject({ failed: 3, succeeded: 97 });
    expect(all('fail').simulated).toMatchObject({ failed: 98, succeeded: 2 });
    expect(all('fail').without_outcome.needed).toEqual({ devices: 95, succeeded: 0, failed: 95 });
  });

  it('are said in words, with how many of them mattered', () => {
    const { assumptions } = whatIf(stopped(), { strategy: { type: 'all_at_once' }, failure: null });
    const [first] = assumptions;
    expect(first).toMatchObject({ about: 'devices_without_outcome', devices: 95 });
    expect(first?.text).toBe(
      '95 of 100 devices have no recorded outcome (90 never told, 5 cancelled once they were told, 0 still open). They are taken to fail at the recorded ' +
        'share, 3 of 5 (60 %; of a rollout stopped early, which may have seen its fast failures first), spread evenly over the ' +
        'order, after the median of the recorded times (30 s for a success, 20 s for a failure), and not before they were last seen ' +
        'under way. The simulation needed 95 of them: 38 succeed, 57 fail.',
    );
  });

  it('end no sooner than they were last seen under way', () => {
    const devices = [takes(1), fails(50), takes(500)];
    const failure = { count: 1, action: 'abort' } as const;
    const recorded = recording({ spec: { strategy: { type: 'all_at_once' }, failure }, devices });
    const { simulated } = whatIf(recorded, { failure: null, assume: 'succeed' });
    expect(simulated).toMatchObject({ state: 'completed', after_s: 50, succeeded: 2, failed: 1 });
  });

  it('succeed where nothing is recorded at all, and that is said', () => {
    const recorded = recording({ ...allAtOnce(), until_s: 10 });
    const { simulated, assumptions, without_outcome } = whatIf(recorded, { strategy: canary });
    expect(without_outcome).toMatchObject({ devices: 100, open: 100 });
    expect(simulated).toMatchObject({ state: 'completed', succeeded: 100 });
    expect(assumptions[0]?.text).toContain('60 s, since no duration is recorded');
  });
});

describe('retries', () => {
  const twice: Behaviour[] = [{ takes_s: 10, fails: 'download-failed' }, { takes_s: 30 }];
  const retry = { attempts: 1, backoff_s: 60 };

  it('are tries as they were recorded', () => {
    const recorded = recording({ spec: { strategy: { type: 'all_at_once' }, retry }, devices: [twice] });
    expect(recorded.groups[0]?.devices[0]).toMatchObject({
      outcome: { status: 'succeeded' },
      failed_before: 1,
      duration_ms: 30_000,
    });
    expect(whatIf(recorded, {}).simulated).toMatchObject({ succeeded: 1, after_s: 100 });
    expect(whatIf(recorded, { retry: null }).simulated).toMatchObject({ failed: 1, after_s: 10 });
  });

  it('beyond the recorded ones end as the last one did', () => {
    const recorded = recording({ spec: { strategy: { type: 'all_at_once' } }, devices: [twice, takes(5)] });
    const { simulated, assumptions } = whatIf(recorded, { retry });
    expect(simulated).toMatchObject({ succeeded: 1, failed: 1, after_s: 80 });
    expect(assumptions).toContainEqual(expect.objectContaining({ about: 'further_tries', devices: 1 }));
  });
});

describe('the recorded strategy again', () => {
  const share = fc.oneof(
    fc.record({ percent: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ count: fc.integer({ min: 1, max: 20 }) }),
  );
  const rolling = fc.record({
    type: fc.constant('rolling' as const),
    batch_size: fc.integer({ min: 1, max: 20 }),
    pause_between_s: fc.integer({ min: 0, max: 9 }),
  });
  const strategy: fc.Arbitrary<RolloutSpec['strategy']> = fc.oneof(
    fc.constant({ type: 'all_at_once' as const }),
    rolling,
    fc
      .tuple(
        share,
        fc.integer({ min: 0, max: 30 }),
        fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
        rolling,
      )
      .map(([size, soak_s, success_percent, then]) => ({
        ...{ type: 'canary' as const, ...size, soak_s, then },
        ...(success_percent !== undefined && { success_percent }),
      })),
  );
  const failure = fc.record({
    percent: fc.integer({ min: 0, max: 100 }),
    min_finished: fc.integer({ min: 1, max: 10 }),
    per: fc.constantFrom('wave' as const, 'rollout' as const),
    action: fc.constantFrom('pause' as const, 'abort' as const, 'rollback' as const),
  });
  const behaviour = fc.record(
    { takes_s: fc.integer({ min: 1, max: 20 }), fails: fc.constantFrom('install-failed', 'wrong-model') },
    { requiredKeys: ['takes_s'] },
  );
  const limits = fc.record(
    { max_in_flight: fc.integer({ min: 1, max: 9 }), max_per_minute: fc.integer({ min: 5, max: 30 }) },
    { requiredKeys: [] },
  );
  const scene: fc.Arbitrary<Scene> = fc.record({
    spec: fc.record(
      {
        strategy,
        failure,
        limits,
        retry: fc.record({ attempts: fc.integer({ min: 0, max: 2 }), backoff_s: fc.integer({ min: 0, max: 9 }) }),
      },
      { requiredKeys: ['strategy'] },
    ),
    devices: fc.array(fc.array(behaviour, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 40 }),
  });

  it('gives the recorded numbers exactly, to the gate or to the end', () => {
    fc.assert(
      fc.property(scene, (one) => {
        const { recorded, simulated } = whatIf(recording(one), {});
        expect(numbersOf(simulated)).toEqual(numbersOf(recorded));
      }),
      { numRuns: 100 },
    );
  });
});
