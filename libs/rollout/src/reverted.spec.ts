import { describe, expect, it } from 'vitest';
import type { RolloutStrategy } from '@edgeflow/contracts';
import { resourceOf } from './resource.js';
import { after, Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const canary: RolloutStrategy = { type: 'canary', count: 2, soak_s: 600, success_percent: 100 };
const pausedBy = ({ history }: Story) => history.findLast(({ type }) => type === 'RolloutPaused')?.data;
const resource = ({ rollout, at }: Story) => resourceOf(rollout, at, noneWithheld)!;

/** Both canaries have succeeded, and their wave soaks. */
function soaking(spec: Parameters<typeof Story.started>[0] = {}, devices = 6): Story {
  const story = Story.started({ strategy: canary, ...spec }, devices);
  story.succeed(...story.dispatch());
  expect(story.decide()).toEqual(['WaveCompleted']);
  return story.wait(100);
}

describe('canaries that go back in the soak', () => {
  it('have failed, and the success gate that they had passed stops the rollout', () => {
    const story = soaking();
    story.revert('dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'failed', code: 'reverted', reverted: true });
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({
      cause: 'gate',
      gate: { gate: 'success', passed: false, wave: 0, finished: 2, succeeded: 1, failed: 1, percent: 50 },
    });
    story.revert('dev_1');
    expect(resource(story).waves[0]).toMatchObject({ succeeded: 0, failed: 2, reverted: 2, eligible: 2 });
    story.wait(1_000);
    expect(story.decide()).toEqual([]);
  });

  it.each([
    ['pause', 'RolloutPaused'],
    ['abort', 'RolloutAborted'],
    ['rollback', 'RollbackTriggered'],
  ] as const)('trip the failure gate, which does what it is to do: %s', (action, type) => {
    const story = soaking({ strategy: { ...canary, success_percent: 0 }, failure: { count: 1, action } });
    expect(story.revert('dev_1').decide()[0]).toBe(type);
  });

  it('below the thresholds stop nothing', () => {
    const story = soaking({ strategy: { ...canary, success_percent: 50 }, failure: { count: 2 } });
    expect(story.revert('dev_0').decide()).toEqual([]);
    expect(story.wait(600).decide()).toEqual(['WaveStarted']);
    expect(story.member('dev_0').status).toBe('failed');
  });

  it('stop it once for whoever resumes it all the same, and again by the next one', () => {
    const story = soaking();
    story.revert('dev_0').decide();
    story.ask('resume', { reason: 'a known flaw of the canary' });
    expect(story.decide()).toEqual(['RolloutResumed']);
    expect(story.decide()).toEqual([]);
    expect(story.revert('dev_1').decide()).toEqual(['RolloutPaused']);
  });

  it('count while others of their wave are still in flight', () => {
    const story = Story.started({ strategy: canary, failure: { count: 1 } }, 4);
    story.dispatch();
    story.succeed('dev_0').revert('dev_0');
    expect(story.decide()).toEqual(['RolloutPaused']);
  });

  it('that somebody paused are looked at, and it is resumed over that with a reason alone', () => {
    const story = soaking();
    story.ask('pause').decide();
    story.revert('dev_0').wait(1_000);
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ cause: 'gate', gate: { wave: 0, failed: 1 } });
    expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutActionRefused']);
    expect(story.ask('resume', { reason: 'go on' }).decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it('are tried again by a retry, and hold then', () => {
    const story = soaking();
    story.revert('dev_0').decide();
    story.ask('retry', { reason: 'again' }).decide();
    story.ask('resume', { reason: 'again' }).decide();
    story.succeed(...story.dispatch());
    expect(story.decide()).toEqual(['WaveCompleted']);
    expect(resource(story).waves[0]).toMatchObject({ succeeded: 2, failed: 0, reverted: 0 });
  });
});

describe('a device that goes back just before what ends its soak stands in the log', () => {
  const only: RolloutStrategy = { type: 'staged', waves: [{ percent: 100, soak_s: 600, success_percent: 100 }] };
  const actions = [
    ['pause', 'RolloutPaused'],
    ['abort', 'RolloutAborted'],
    ['rollback', 'RollbackTriggered'],
  ] as const;

  it.each(actions)('has its gate asked before anybody of the next wave is told: %s', (action, type) => {
    for (const strategy of [canary, { ...canary, success_percent: 0 }]) {
      const story = soaking({ strategy, failure: { count: 1, action } });
      expect(story.wait(600).decide(0, () => story.revert('dev_0'))).toEqual(['WaveStarted']);
      expect(story.decide(undefined)).toEqual([type]);
      expect(story.dispatch()).toEqual([]);
    }
  });

  it('is asked for by the success gate alone too', () => {
    const story = soaking();
    story.wait(600).decide(0, () => story.revert('dev_0'));
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ gate: { gate: 'success', wave: 0, succeeded: 1, failed: 1 } });
    story.ask('resume', { reason: 'known' });
    expect(story.decide()).toEqual(['RolloutResumed']);
    expect(story.dispatch()).toHaveLength(4);
  });

  it.each(actions)('keeps the rollout from being over: %s', (action, type) => {
    const story = soaking({ strategy: only, failure: { count: 1, action } });
    expect(story.wait(600).decide(0, () => story.revert('dev_0'))).toEqual(['RolloutCompleted']);
    expect(resource(story)).toMatchObject({ state: 'running', failed: 1 });
    expect(story.decide(undefined)).toEqual([type]);
  });

  it('ends the rollout once somebody goes on over that', () => {
    const story = soaking({ strategy: only });
    story.wait(600).decide(0, () => story.revert('dev_0'));
    expect(story.decide()).toEqual(['RolloutPaused']);
    story.ask('resume', { reason: 'known' });
    expect(story.decide()).toEqual(['RolloutResumed', 'RolloutCompleted']);
    expect(resource(story)).toMatchObject({ state: 'completed', failed: 1 });
  });

  it('below the thresholds stops nothing', () => {
    const story = soaking({ strategy: { ...canary, success_percent: 50 }, failure: { count: 2 } });
    story.wait(600).decide(0, () => story.revert('dev_0'));
    expect(story.decide()).toEqual([]);
  });

  it('is answered for before who wants to go on', () => {
    const story = Story.planned({ approval: 'every_wave', strategy: { ...canary, soak_s: 0 } }, 4).ask('approve');
    story.decide();
    story.succeed(...story.dispatch()).decide();
    story.revert('dev_0').ask('approve');
    expect(story.decide()).toEqual(['RolloutPaused', 'RolloutActionRefused']);
  });
});

describe('a device that goes back after the soak', () => {
  it('has succeeded all the same, is counted, and stops nothing', () => {
    const story = soaking({ failure: { count: 1, per: 'rollout' } });
    story.wait(600).decide();
    story.revert('dev_0');
    expect(story.decide()).toEqual([]);
    expect(story.member('dev_0')).toMatchObject({ status: 'succeeded', code: 'reverted', reverted: true });
    expect(resource(story).waves[0]).toMatchObject({ succeeded: 2, failed: 0, reverted: 1 });
    expect(resource(story).reverted).toBe(1);
  });

  it('is counted in a rollout that is over', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch());
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
    story.revert('dev_0');
    expect(resource(story)).toMatchObject({ state: 'completed', succeeded: 1, failed: 0, reverted: 1 });
  });
});

describe('the soak of the last wave', () => {
  const only: RolloutStrategy = { type: 'staged', waves: [{ percent: 100, soak_s: 600, success_percent: 100 }] };

  it('is waited for before the rollout is completed', () => {
    const story = soaking({ strategy: only });
    expect(story.decide()).toEqual([]);
    expect(resource(story)).toMatchObject({
      state: 'running',
      waves: [{ state: 'soaking' }],
      waiting_for: [{ reason: 'soak', wave: 0, until: after(600).toISOString() }],
    });
    expect(story.wait(500).decide()).toEqual(['RolloutCompleted']);
  });

  it('is looked at like any other', () => {
    const story = soaking({ strategy: only, failure: { percent: 1, action: 'rollback' } });
    expect(story.revert('dev_3').decide()[0]).toBe('RollbackTriggered');
  });
});

describe('a device that does not stay where a rollback brought it', () => {
  /** A rollout of so many devices that goes back, each of them told to. */
  function turned(devices: number): Story {
    const story = Story.started({}, devices);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback', { reason: 'bad' }).decide(undefined);
    story.planBack();
    story.decide();
    return story;
  }
  const stateOf = resource;

  it('is brought back once more while the rollback lasts, and has failed the next time', () => {
    const story = turned(2);
    story.dispatch();
    story.succeed('dev_0').revert('dev_0', 'rollback');
    expect(story.member('dev_0', 'rollback')).toMatchObject({ status: 'waiting', code: 'reverted', reverted: true });
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0', 'dev_1').decide();
    expect(stateOf(story)).toMatchObject({
      state: 'rolled_back',
      rollback: { waves: [{ succeeded: 2, reverted: 0 }] },
    });
  });

  it.each(['already-on-target', 'superseded'])('is brought back too where it was found away: %s', (code) => {
    const story = turned(2);
    story.refuse('dev_0', 'UpdateSkipped', code, 'rollback').revert('dev_0', 'rollback');
    expect(story.dispatch()).toEqual(['dev_0', 'dev_1']);
    // What found it away had the number of a try, and the update now has the next one.
    expect(story.member('dev_0', 'rollback').attempt).toBe(2);
    expect(story.member('dev_1', 'rollback').attempt).toBe(1);
    story.succeed('dev_0', 'dev_1').decide();
    const { rollback } = stateOf(story);
    expect(rollback).toMatchObject({ incomplete: 0, waves: [{ succeeded: 2, superseded: 0, reverted: 0 }] });
  });

  it('has the wave run again that was over', () => {
    const story = turned(1);
    story.refuse('dev_0', 'UpdateSkipped', 'already-on-target', 'rollback');
    expect(story.proceeds(1).facts()).toMatchObject([{ type: 'WaveCompleted' }]);
    story.revert('dev_0', 'rollback');
    expect(stateOf(story)).toMatchObject({
      state: 'rolling_back',
      rollback: { waves: [{ state: 'running', queued: 1 }] },
    });
    expect(story.dispatch()).toEqual(['dev_0']);
    story.fail('dev_0', 'install-failed', 'rollback').decide();
    expect(stateOf(story)).toMatchObject({ state: 'rollback_incomplete', allowed_actions: ['retry'] });
  });

  it('has failed after the rollback, which is not whole any more and may be tried again', () => {
    const story = turned(2);
    story.refuse('dev_0', 'UpdateSkipped', 'already-on-target', 'rollback').dispatch();
    story.succeed('dev_1').decide();
    expect(stateOf(story)).toMatchObject({ state: 'rolled_back', allowed_actions: [] });
    story.revert('dev_0', 'rollback');
    expect(stateOf(story)).toMatchObject({
      ...{ state: 'rollback_incomplete', allowed_actions: ['retry'] },
      rollback: { incomplete: 1, codes: { reverted: 1 }, waves: [{ failed: 1, skipped: 0 }] },
    });
    story.ask('retry').decide();
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0').decide();
    expect(stateOf(story)).toMatchObject({ state: 'rolled_back', rollback: { incomplete: 0 } });
  });
});
