import { describe, expect, it } from 'vitest';
import type { RolloutSpec } from '@edgeflow/contracts';
import { resourceOf } from './resource.js';
import { isActive } from './rollout.decider.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;
const dataOf = (story: Story, type: string) => story.history.findLast((event) => event.type === type)?.data;
const reasonsOf = (story: Story) => resource(story).waiting_for.map(({ reason }) => reason);

/** A rollout that somebody has paused while its devices were in flight. */
const held = (spec: Partial<RolloutSpec>, devices = 4) => {
  const story = Story.started(spec, devices);
  story.dispatch();
  story.ask('pause', { reason: 'looks bad', requested_by: 'ann' }).decide();
  return story;
};

describe('a gate that is reached while somebody has paused the rollout', () => {
  it.each(['pause', 'abort', 'rollback'] as const)('holds it too, with its numbers, where it is to %s', (action) => {
    const story = held({ failure: { count: 2, action } });
    const { at } = story;
    expect(story.wait(60).fail('dev_0').decide()).toEqual([]);
    expect(reasonsOf(story)).toEqual(['operator', 'devices_in_flight']);
    expect(story.fail('dev_1').decide()).toEqual(['RolloutPaused']);
    expect(dataOf(story, 'RolloutPaused')).toMatchObject({ cause: 'gate', gate: { failed: 2, action } });
    expect(story.rollout.status).toBe('paused');
    expect(resource(story).waiting_for).toMatchObject([
      { reason: 'operator', since: at.toISOString(), by: '/spec', stated: 'ann', why: 'looks bad' },
      { reason: 'gate', since: story.at.toISOString(), gate: { failed: 2, threshold_count: 2, action } },
      { reason: 'devices_in_flight' },
    ]);
    expect(story.fail('dev_2').decide()).toEqual([]);
  });

  it('is gone on over with a reason, which stands beside it; one more failure does what it is to do', () => {
    const story = held({ failure: { count: 2, action: 'rollback' } }, 5);
    story.fail('dev_0').fail('dev_1').fail('dev_2').decide();
    expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutActionRefused']);
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({
      code: 'reason-required',
      detail: expect.stringContaining('A gate was reached while the rollout was paused (') as string,
    });
    expect(story.ask('resume', { reason: 'they are on the bench' }).decide()).toEqual(['RolloutResumed']);
    expect(dataOf(story, 'RolloutResumed')).toMatchObject({ gate: { failed: 3, action: 'rollback' } });
    expect(story.succeed('dev_3').decide()).toEqual([]);
    expect(story.fail('dev_4').decide()).toContain('RollbackTriggered');
  });

  it('leaves the way back to whoever has paused it', () => {
    const story = held({ failure: { count: 1, action: 'rollback' } });
    story.fail('dev_0').decide();
    expect(resource(story).allowed_actions).toContain('rollback');
    expect(story.ask('rollback').decide()).toEqual(['RollbackTriggered']);
  });

  it('may be that of success', () => {
    const strategy = { type: 'canary' as const, count: 2, success_percent: 100 };
    const story = held({ strategy, failure: { count: 9, action: 'rollback' } });
    story.succeed('dev_0').fail('dev_1');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(dataOf(story, 'RolloutPaused')).toMatchObject({ gate: { gate: 'success', passed: false, succeeded: 1 } });
    expect(story.ask('resume', { reason: 'known' }).decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it.each(['wave', 'rollout'] as const)(
    'may be the second one (failures per %s): who goes on does so over both',
    (per) => {
      const strategy = { type: 'canary' as const, count: 3, success_percent: 100 };
      const story = held({ strategy, failure: { count: 2, per, action: 'rollback' } }, 6);
      expect(story.fail('dev_0').fail('dev_1').decide()).toEqual(['RolloutPaused']);
      expect(story.succeed('dev_2').decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
      expect(reasonsOf(story)).toEqual(['operator', 'gate']);
      expect(resource(story).waiting_for[1]).toMatchObject({ gate: { gate: 'success', failed: 2, succeeded: 1 } });
      expect(story.decide()).toEqual([]);
      expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutActionRefused']);
      expect(story.ask('resume', { reason: 'on the bench' }).decide()).toEqual(['RolloutResumed', 'WaveStarted']);
    },
  );

  it('may be tightened meanwhile', () => {
    const story = held({ failure: { count: 3 } });
    story.fail('dev_0').decide();
    story.ask('amend', { reason: 'careful', amend: { failure: { count: 1 } } });
    expect(story.decide()).toEqual(['RolloutAmended', 'RolloutPaused']);
  });

  it('comes before what was asked just behind it: to go on is refused to whoever has not seen it, whatever the reason', () => {
    const story = held({ failure: { count: 1 } });
    story.fail('dev_0').ask('resume', { reason: 'go' });
    expect(story.decide()).toEqual(['RolloutPaused', 'RolloutActionRefused']);
    expect(dataOf(story, 'RolloutActionRefused')).toMatchObject({ action: 'resume', code: 'reason-required' });
    const other = held({ failure: { count: 1 } });
    other.fail('dev_0').ask('retry');
    expect(other.decide()).toEqual(['RolloutPaused', 'RolloutRetried']);
    expect(other.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutResumed']);
  });

  it('is looked for also when the last device has ended', () => {
    const story = held({ failure: { count: 1 } }, 1);
    story.fail('dev_0');
    expect(isActive(story.accepted)).toBe(true);
    story.decide();
    expect(isActive(story.accepted)).toBe(false);
  });

  it('is none before the rollout has begun', () => {
    const story = Story.planned({ approval: 'start', failure: { percent: 0 } }, 2).ask('pause');
    story.decide();
    expect(story.decide()).toEqual([]);
    expect(reasonsOf(story)).toEqual(['operator']);
  });
});
