import { describe, expect, it } from 'vitest';
import type { StoredEvent } from '@edgeflow/contracts';
import { recordedOutcomes } from './recorded-outcomes.js';
import { devicesOf } from './recorded.js';
import { Story, record, wholeSpec } from './recording.fixture.js';
import { whatIf } from './what-if.js';

/** A rollout over these devices, at once, that has started in the first second. */
function begun(ids: readonly string[], spec: Partial<ReturnType<typeof wholeSpec>> = {}): Story {
  const story = new Story();
  const devices = ids.map((device_id) => ({ device_id }));
  const whole = wholeSpec({ strategy: { type: 'all_at_once' }, ...spec });
  const waves = [{ eligible: ids.length, soak_s: 0 }];
  story.rollout(0, 'RolloutAccepted', { request_id: 'req_1', spec: whole, waves, eligible: ids.length, excluded: {} });
  story.rollout(0, 'RolloutDevicesPlanned', { stage: 'forward', devices, excluded: [] });
  story.rollout(0, 'RolloutStarted', {});
  story.rollout(0, 'WaveStarted', { stage: 'forward', wave: 0, eligible: ids.length });
  return story;
}

const read = (events: readonly StoredEvent[]) => devicesOf(recordedOutcomes(events));
const failed = { code: 'install-failed', detail: 'no space' };
const aborted = { code: 'rollout-aborted', detail: 'aborted' };

describe('recorded outcomes', () => {
  it('are in the order of the rollout, each with its end and its duration', () => {
    const story = begun(['c', 'a', 'b']);
    for (const id of ['a', 'b']) story.update(0, 'UpdateDispatched', id);
    story.update(1, 'UpdateSkipped', 'c', { code: 'already-on-target', detail: '' });
    story.update(12, 'UpdateFailed', 'b', failed);
    story.update(40, 'UpdateCompleted', 'a');
    expect(read(story.events)).toMatchObject([
      { device_id: 'c', outcome: { status: 'skipped', code: 'already-on-target' }, duration_ms: null },
      { device_id: 'a', outcome: { status: 'succeeded' }, duration_ms: 40_000, failed_before: 0 },
      { device_id: 'b', outcome: { status: 'failed', code: 'install-failed' }, duration_ms: 12_000 },
    ]);
  });

  it('are missing for devices that were cancelled, were never told, or are still open', () => {
    const story = begun(['a', 'b', 'c']);
    story.update(0, 'UpdateDispatched', 'a');
    expect(read(story.events).map(({ outcome }) => outcome)).toEqual([
      { status: 'none', why: 'open' },
      { status: 'none', why: 'never_told' },
      { status: 'none', why: 'never_told' },
    ]);
    story.rollout(30, 'RolloutAborted', { cause: 'operator', reason: 'enough' });
    story.update(31, 'UpdateCancelled', 'a', aborted);
    const recorded = recordedOutcomes(story.events);
    expect(devicesOf(recorded)[0]).toMatchObject({
      outcome: { status: 'none', why: 'cancelled' },
      unfinished: { reach_ms: 0, seen_ms: 31_000 },
    });
    expect(recorded).toMatchObject({ by_operators: { RolloutAborted: 1 }, at_stop: undefined });
    expect(recorded.in_the_end).toMatchObject({ state: 'aborted', told: 1, cancelled: 3, stop: null });
  });

  it('do not take in other rollouts, single updates or the way back', () => {
    const story = begun(['a']);
    story.update(0, 'UpdateDispatched', 'a');
    story.update(1, 'UpdateCompleted', 'a');
    story.update(50, 'UpdateDispatched', 'a', { rollback: true, update_id: 'upd_back' });
    story.update(60, 'UpdateFailed', 'a', { ...failed, rollback: true, update_id: 'upd_back' });
    story.update(70, 'UpdateFailed', 'a', { ...failed, rollout_id: 'rol_2' });
    story.update(80, 'UpdateFailed', 'a', { ...failed, rollout_id: undefined });
    expect(recordedOutcomes(story.events).in_the_end).toMatchObject({ succeeded: 1, failed: 0, after_s: 1 });
  });

  it('are failures where a device did not keep the version while its wave could still fail', () => {
    const story = begun(['a', 'b', 'c']);
    for (const id of ['a', 'b', 'c']) story.update(0, 'UpdateDispatched', id);
    story.update(10, 'UpdateCompleted', 'a');
    story.update(20, 'UpdateReverted', 'a', { code: 'reverted', detail: 'it runs 1.0.0', runs: '1.0.0' });
    story.update(30, 'UpdateCompleted', 'b');
    const recorded = recordedOutcomes(story.events);
    expect(recorded.in_the_end).toMatchObject({ succeeded: 1, failed: 1, in_flight: 1 });
    expect(devicesOf(recorded)[0]).toMatchObject({
      ...{ outcome: { status: 'failed', code: 'reverted' }, duration_ms: 10_000 },
      turns: [{ dispatched: true, end: 'failed', code: 'reverted' }],
    });
  });

  it('are successes where somebody took the device elsewhere afterwards', () => {
    const story = begun(['a', 'b']);
    for (const id of ['a', 'b']) story.update(0, 'UpdateDispatched', id);
    story.update(10, 'UpdateCompleted', 'a');
    story.update(20, 'UpdateSkipped', 'a', { code: 'superseded', detail: 'it runs 3.0.0', request_id: 'req_1' });
    expect(devicesOf(recordedOutcomes(story.events))[0]).toMatchObject({
      ...{ outcome: { status: 'succeeded' }, duration_ms: 10_000 },
      turns: [{ dispatched: true, end: 'succeeded' }],
    });
  });

  it('are not undone by a retry of the way back', () => {
    const story = begun(['a', 'b']);
    for (const id of ['a', 'b']) story.update(0, 'UpdateDispatched', id);
    story.update(10, 'UpdateCompleted', 'a');
    story.update(12, 'UpdateFailed', 'b', failed);
    story.rollout(20, 'RollbackTriggered', { cause: 'operator', reason: 'bad' });
    const numbers = { eligible: 1, succeeded: 0, failed: 1, cancelled: 0, skipped: 0 };
    story.rollout(40, 'RollbackCompleted', { numbers, unavailable: 0 });
    story.rollout(50, 'RolloutRetried', { cause: 'operator', devices: 1, stage: 'rollback' });
    expect(read(story.events)[1]).toMatchObject({ outcome: { status: 'failed', code: 'install-failed' } });
  });

  it('say how a way back has ended, whenever it did', () => {
    const story = begun(['a', 'b']);
    for (const id of ['a', 'b']) story.update(0, 'UpdateDispatched', id);
    for (const id of ['a', 'b']) story.update(10, 'UpdateCompleted', id);
    story.rollout(20, 'RollbackTriggered', { cause: 'operator', reason: 'bad' });
    const devices = ['a', 'b'].map((device_id) => ({ device_id, version: '1.0.0' }));
    story.rollout(20, 'RolloutDevicesPlanned', { stage: 'rollback', devices, excluded: [] });
    story.rollout(20, 'WaveStarted', { stage: 'rollback', wave: 0, eligible: 2 });
    const back = (id: string) => ({ rollback: true, update_id: `upd_${id}_2`, version: '1.0.0' });
    for (const id of ['a', 'b']) story.update(21, 'UpdateDispatched', id, back(id));
    story.update(30, 'UpdateCompleted', 'a', back('a'));
    story.update(31, 'UpdateFailed', 'b', { ...failed, ...back('b') });
    const ends = (succeeded: number) => {
      const numbers = { eligible: 2, succeeded, failed: 2 - succeeded, cancelled: 0, skipped: 0 };
      story.rollout(40, 'WaveCompleted', { stage: 'rollback', wave: 0, numbers });
      story.rollout(40, 'RollbackCompleted', { numbers, unavailable: 0 });
      return recordedOutcomes(story.events).in_the_end;
    };
    expect(ends(1)).toMatchObject({ state: 'rollback_incomplete', succeeded: 2 });
    story.rollout(50, 'RolloutRetried', { cause: 'operator', devices: 1, stage: 'rollback' });
    expect(recordedOutcomes(story.events).in_the_end).toMatchObject({ state: 'rolling_back' });
    story.update(51, 'UpdateDispatched', 'b', { ...back('b'), update_id: 'upd_b_3' });
    story.update(60, 'UpdateCompleted', 'b', { ...back('b'), update_id: 'upd_b_3' });
    expect(ends(2)).toMatchObject({ state: 'rolled_back', succeeded: 2 });
  });

  it('remember how far it had come when a gate first stopped it', () => {
    const devices = [[{ takes_s: 5, fails: 'install-failed' }], [{ takes_s: 9 }], [{ takes_s: 20 }]];
    const spec = { strategy: { type: 'rolling', batch_size: 2 }, failure: { count: 1 } } as const;
    const resume = {
      at_s: 60,
      fact: { type: 'RolloutResumed', data: { rollout_id: 'rol_1', cause: 'operator' } },
    } as const;
    const { at_stop, in_the_end } = recordedOutcomes(record({ spec, devices, operators: [resume] }));
    expect(at_stop).toMatchObject({ state: 'paused', told: 2, failed: 1, in_flight: 1, stop: { wave: 0, after_s: 5 } });
    expect(in_the_end).toMatchObject({ state: 'completed', told: 3, failed: 1, succeeded: 2, stop: null, after_s: 80 });
  });

  it('are none of a rollout that never was one', () => {
    expect(() => recordedOutcomes([])).toThrow(/rollout-unknown/);
    const story = new Story();
    story.rollout(0, 'RolloutRejected', { request_id: 'req_1', code: 'too-many-waves', detail: '' });
    expect(() => recordedOutcomes(story.events)).toThrow('The rollout was rejected: too-many-waves.');
  });
});

describe('a simulation of what was recorded', () => {
  const about = (story: Story, change = {}) => {
    const { simulated, assumptions } = whatIf(recordedOutcomes(story.events), change);
    return { simulated, said: Object.fromEntries(assumptions.map(({ about, text }) => [about, text])) };
  };

  it('has devices that were offline late again, unless limits hide how late they were', () => {
    const late = (spec = {}) => {
      const story = begun(['a'], spec);
      story.update(600, 'UpdateDispatched', 'a');
      story.update(630, 'UpdateCompleted', 'a');
      return about(story);
    };
    expect(late().simulated).toMatchObject({ state: 'completed', after_s: 630 });
    expect(late({ limits: { max_in_flight: 5 } }).simulated).toMatchObject({ state: 'completed', after_s: 30 });
    expect(late({ limits: { max_in_flight: 5 } }).said['reach']).toContain('the log does not show how late it was');
  });

  it('does not reach devices sooner than the recording did', () => {
    const story = begun(['a', 'b'], { failure: { count: 1, action: 'abort' } });
    story.update(0, 'UpdateDispatched', 'a');
    story.update(25, 'UpdateFailed', 'a', failed);
    const gate = {
      gate: 'failure',
      passed: false,
      per: 'wave',
      wave: 0,
      finished: 1,
      succeeded: 0,
      failed: 1,
      percent: 100,
    } as const;
    story.rollout(25, 'RolloutAborted', { cause: 'gate', gate });
    expect(about(story).simulated).toMatchObject({ state: 'aborted', told: 1, cancelled: 1 });
    expect(about(story, { failure: null }).simulated).toMatchObject({ state: 'completed', told: 2, after_s: 50 });
  });

  it('leaves devices untold that were skipped or could not be reached in time', () => {
    const story = begun(['a', 'b']);
    story.update(1, 'UpdateSkipped', 'a', { code: 'already-on-target', detail: '' });
    story.update(90, 'UpdateRejected', 'b', { code: 'deadline-exceeded', detail: '' });
    expect(about(story).simulated).toMatchObject({ state: 'completed', told: 0, skipped: 1, failed: 1, after_s: 90 });
  });

  it('says that nobody is asked, and waits for a window only when it is to', () => {
    const window = { cron: '0 22 * * *', duration_s: 3600, time_zone: 'UTC' };
    const story = begun(['a'], { approval: 'every_wave', window, start_at: '2026-03-01T11:00:00.000Z' });
    story.update(0, 'UpdateDispatched', 'a');
    story.update(30, 'UpdateCompleted', 'a');
    story.rollout(31, 'RolloutPaused', { cause: 'operator' });
    const { simulated, said } = about(story);
    expect(simulated).toMatchObject({ state: 'completed', after_s: 30 });
    expect(said).toMatchObject({
      approvals: 'Approvals (every_wave) are given at once.',
      window: 'The maintenance window does not hold anything up.',
      start_at: 'The start time does not hold anything up.',
      operators: 'What people did is not done again: 1 RolloutPaused.',
    });
    expect(about(story, { waits: true }).simulated.after_s).toBe(11 * 3600 + 30);
  });

  it('has devices join as late as they did', () => {
    const story = begun(['a'], { membership: 'continuous' });
    story.update(0, 'UpdateDispatched', 'a');
    story.update(10, 'UpdateCompleted', 'a');
    const devices = [{ device_id: 'b' }];
    story.rollout(100, 'RolloutDevicesPlanned', { stage: 'forward', devices, excluded: [], joined: true });
    story.update(100, 'UpdateDispatched', 'b');
    story.update(107, 'UpdateCompleted', 'b');
    const { simulated, said } = about(story, { strategy: { type: 'canary', count: 1 } });
    expect(simulated).toMatchObject({ state: 'completed', told: 2, succeeded: 2, after_s: 107 });
    expect(simulated.waves).toMatchObject([{ told: 1 }, { told: 1 }]);
    expect(said['joined']).toBe('Devices that joined later (1) join as long after the start as they did.');
  });
});
