import { describe, expect, it } from 'vitest';
import type { DataOf, EventName, RolloutAction } from '@edgeflow/contracts';
import { resourceOf } from './resource.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const batches = { strategy: { type: 'rolling' as const, batch_size: 2 } };
const canary = { type: 'canary' as const, count: 1, soak_s: 600, success_percent: 100 };
const reason = 'they never come back';
const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;
const last = <N extends EventName>(story: Story, type: N) =>
  story.history.findLast((event) => event.type === type)?.data as DataOf<N> | undefined;

describe('a wave that is skipped', () => {
  it('is not waited for: who was not told is skipped, and the next one starts', () => {
    const story = Story.started(batches, 4);
    story.dispatch(1);
    story.ask('skip', { reason, requested_by: 'ann', role: 'operator' });
    expect(story.decide()).toEqual(['WaveSkipped', 'WaveStarted']);
    expect(last(story, 'WaveSkipped')).toMatchObject({
      ...{ wave: 0, reason, requested_by: 'ann', role: 'operator', source: '/spec' },
      numbers: { eligible: 2, queued: 1, in_flight: 1, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 },
    });
    expect(resource(story).waves).toMatchObject([
      { state: 'skipped', queued: 0, in_flight: 1, skipped: 1 },
      { state: 'running', queued: 2 },
    ]);
    expect(story.member('dev_1')).toMatchObject({ status: 'skipped', code: 'wave-skipped' });
    story.dispatch();
    story.succeed('dev_2', 'dev_3');
    // Who installs finishes, and the rollout is over then.
    expect(story.decide()).toEqual(['WaveCompleted']);
    expect(resource(story)).toMatchObject({ state: 'running', waiting_for: [{ reason: 'devices_in_flight' }] });
    story.succeed('dev_0');
    expect(story.decide()).toEqual(['RolloutCompleted']);
    expect(resource(story)).toMatchObject({ state: 'completed', succeeded: 3, percent: 100 });
  });

  it('is the one that is named, or the next one where none runs; it has no soak of its own, but the one before it holds on', () => {
    const waves = [{ count: 1, soak_s: 600 }, { count: 1, soak_s: 900 }, { count: 1 }];
    const story = Story.started({ strategy: { type: 'staged', waves } }, 3);
    story.dispatch();
    story.succeed('dev_0').decide();
    expect(resource(story).waves[0]?.state).toBe('soaking');
    story.ask('skip', { reason });
    expect(story.decide()).toEqual(['WaveSkipped']);
    expect(last(story, 'WaveSkipped')?.wave).toBe(1);
    expect(resource(story)).toMatchObject({
      waves: [{ state: 'soaking' }, { state: 'skipped' }, { state: 'pending' }],
      waiting_for: [{ reason: 'soak', wave: 0, remaining_s: 600 }],
    });
    expect(story.wait(600).decide()).toEqual(['WaveStarted']);
    story.ask('skip', { reason, wave: 2 });
    expect(story.decide()).toEqual(['WaveSkipped', 'RolloutCompleted']);
  });

  it('does not complete the rollout before the soak of the one before it is over', () => {
    const story = Story.started({ strategy: canary }, 2);
    story.succeed(...story.dispatch()).decide();
    story.ask('skip', { reason });
    expect(story.decide()).toEqual(['WaveSkipped']);
    expect(resource(story)).toMatchObject({ state: 'running', waiting_for: [{ reason: 'soak', wave: 0 }] });
    expect(story.wait(600).decide()).toEqual(['RolloutCompleted']);
  });

  it('leaves the one before it its gates: a canary that goes back in its soak stops the rollout', () => {
    const story = Story.started({ strategy: { ...canary, then: { type: 'rolling', batch_size: 1 } } }, 3);
    story.succeed(...story.dispatch()).decide();
    story.ask('skip', { reason }).decide();
    story.revert('dev_0');
    expect(story.member('dev_0').status).toBe('failed');
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(last(story, 'RolloutPaused')?.gate).toMatchObject({ gate: 'success', wave: 0, failed: 1 });
  });

  it('passes no gate and asks none, but its failures count in the whole rollout', () => {
    const failure = { count: 2, per: 'rollout' as const };
    const story = Story.started({ strategy: { type: 'canary', count: 2, success_percent: 100 }, failure }, 3);
    story.dispatch();
    story.fail('dev_0').ask('skip', { reason });
    expect(story.decide()).toEqual(['WaveSkipped', 'WaveStarted']);
    story.fail('dev_1');
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(last(story, 'RolloutPaused')?.gate).toMatchObject({ gate: 'failure', per: 'rollout', failed: 2 });
  });

  it('has no further tries, until somebody has its failed devices try again', () => {
    const story = Story.started({ ...batches, retry: { attempts: 3, backoff_s: 0 } }, 2);
    story.dispatch();
    story.succeed('dev_0').ask('skip', { reason }).decide();
    story.fail('dev_1');
    expect(story.member('dev_1').status).toBe('failed');
    story.decide();
    story.ask('retry', { wave: 0 });
    expect(story.decide()).toEqual(['RolloutRetried']);
    expect(resource(story).waves[0]).toMatchObject({ state: 'running', queued: 1 });
  });

  it.each<[string, RolloutAction, DataOf<'RolloutSkipRequested'> | object]>([
    ['skip', 'skip', { reason }],
    ['skip of it', 'skip', { reason, wave: 0 }],
    ['skip of another', 'skip', { reason, wave: 1 }],
    ['retry', 'retry', { reason }],
    ['amendment that loosens it', 'amend', { reason, amend: { failure: { count: 5, action: 'rollback' } } }],
  ])('is answered after a gate that its last report has reached: %s', (_what, action, about) => {
    const strategy = { type: 'canary' as const, count: 2, soak_s: 600 };
    const story = Story.started({ strategy, failure: { count: 1, action: 'rollback' } }, 4);
    story.dispatch();
    story.fail('dev_0').fail('dev_1').ask(action, about);
    expect(story.decide(undefined)).toEqual(['WaveCompleted', 'RollbackTriggered', 'RolloutActionRefused']);
    expect(story.all('forward').map(({ status }) => status)).toEqual(['failed', 'failed', 'cancelled', 'cancelled']);
  });

  it.each<[string, RolloutAction, EventName]>([
    ['pause', 'pause', 'RolloutPaused'],
    ['abort', 'abort', 'RolloutAborted'],
    ['rollback', 'rollback', 'RollbackTriggered'],
  ])('does not keep somebody from stopping it: %s comes before a gate', (_what, action, type) => {
    const story = Story.started({ failure: { count: 1, action: 'abort' } }, 2);
    story.dispatch();
    story.fail('dev_0').ask(action, { reason });
    expect(story.decide(undefined)[0]).toBe(type);
  });

  it('has ended with its last report, and keeps its soak, whichever is named', () => {
    for (const about of [{ reason }, { reason, wave: 0 }]) {
      const story = Story.started({ strategy: canary }, 3);
      story.succeed(...story.dispatch()).ask('skip', about);
      expect(story.decide()).toEqual(['RolloutActionRefused', 'WaveCompleted']);
      expect(last(story, 'RolloutActionRefused')).toMatchObject({
        code: 'action-not-allowed',
        detail: 'Wave 0 has ended.',
      });
      expect(resource(story).waves).toMatchObject([{ state: 'soaking' }, { state: 'pending' }]);
    }
  });

  it('is the one that ran when it was asked for, also where the next one runs by the time of the answer', () => {
    const story = Story.started(batches, 4);
    story.succeed(...story.dispatch());
    expect(story.decide(0, () => story.ask('skip', { reason }))).toEqual(['WaveCompleted', 'WaveStarted']);
    expect(story.decide()).toEqual(['RolloutActionRefused']);
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ detail: 'Wave 0 has ended.' });
    expect(resource(story).waves).toMatchObject([{ state: 'completed' }, { state: 'running' }]);
  });

  it.each([
    ['without a reason', {}, 'reason-required'],
    ['with an empty one', { reason: ' ' }, 'reason-required'],
    ['that is none of its waves', { reason, wave: 2 }, 'wave-unknown'],
    ['that has ended', { reason, wave: 0 }, 'action-not-allowed'],
  ])('is refused %s', (_what, about, code) => {
    const story = Story.started(batches, 4);
    story.dispatch();
    story.succeed('dev_0', 'dev_1').decide();
    story.ask('skip', about).decide();
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ action: 'skip', code });
  });

  it('may be skipped while the rollout is paused, which it stays', () => {
    const story = Story.started(batches, 4).ask('pause');
    story.decide();
    story.ask('skip', { reason });
    expect(story.decide()).toEqual(['WaveSkipped']);
    expect(story.rollout.status).toBe('paused');
    story.ask('resume');
    expect(story.decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });
});

describe('one wave', () => {
  it('has its failed devices try again, and no other', () => {
    const story = Story.started(batches, 4);
    story.dispatch();
    story.fail('dev_0').succeed('dev_1').decide();
    story.dispatch();
    story.fail('dev_2').fail('dev_3').decide();
    story.ask('retry', { wave: 1, reason: 'the cable is in' });
    expect(story.decide()).toEqual(['RolloutRetried']);
    expect(last(story, 'RolloutRetried')).toMatchObject({ wave: 1, devices: 2 });
    expect(resource(story).waves).toMatchObject([
      { state: 'completed', failed: 1 },
      { state: 'running', failed: 0, queued: 2 },
    ]);
    story.ask('retry', { wave: 1 }).decide();
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ code: 'action-not-allowed' });
    story.ask('retry', { wave: 7 }).decide();
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ code: 'wave-unknown' });
  });
});
