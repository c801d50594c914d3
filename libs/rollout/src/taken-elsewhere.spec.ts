import { describe, expect, it } from 'vitest';
import type { RolloutStrategy } from '@edgeflow/contracts';
import { resourceOf } from './resource.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const canary: RolloutStrategy = { type: 'canary', count: 2, soak_s: 600, success_percent: 100 };
const resource = ({ rollout, at }: Story) => resourceOf(rollout, at, noneWithheld)!;
const pausedBy = ({ history }: Story) => history.findLast(({ type }) => type === 'RolloutPaused')?.data;
const taken = (story: Story, ...devices: string[]) => {
  for (const device of devices) story.refuse(device, 'UpdateSkipped', 'superseded');
  return story;
};

/** Both canaries have succeeded, and their wave soaks. */
function soaking(spec: Parameters<typeof Story.started>[0] = {}): Story {
  const story = Story.started({ strategy: canary, ...spec }, 6);
  story.succeed(...story.dispatch()).decide();
  return story.wait(100);
}

describe('a canary that somebody takes elsewhere in the soak', () => {
  it('is no success any more, and no failure', () => {
    const story = taken(soaking(), 'dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'skipped', code: 'superseded', reverted: false });
    expect(resource(story).waves[0]).toMatchObject({ succeeded: 1, failed: 0, skipped: 1, superseded: 1, reverted: 0 });
    expect(story.decide()).toEqual([]);
    // The other one has proved it.
    expect(story.wait(600).decide()).toEqual(['WaveStarted']);
  });

  it('was no evidence: with the last one of them the rollout is paused, once', () => {
    const story = taken(soaking(), 'dev_0', 'dev_1');
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({
      gate: { gate: 'success', passed: false, code: 'no-evidence', wave: 0, finished: 0, eligible: 2, skipped: 2 },
    });
    expect(story.wait(1_000).decide()).toEqual([]);
    story.ask('resume', { reason: 'seen by eye' });
    expect(story.decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it.each(['device-revoked', 'device-removed'] as const)('nor is one that is %s', (code) => {
    const story = soaking();
    for (const device of ['dev_0', 'dev_1']) story.refuse(device, 'UpdateSkipped', code);
    expect(story.member('dev_0')).toMatchObject({ status: 'skipped', code });
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ gate: { code: 'no-evidence', skipped: 2 } });
    expect(story.wait(1_000).decide()).toEqual([]);
    story.ask('resume', { reason: 'seen by eye' });
    expect(story.decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it('is none without a threshold either', () => {
    const { success_percent: _none, ...strategy } = canary;
    expect(taken(soaking({ strategy }), 'dev_0', 'dev_1').decide()).toEqual(['RolloutPaused']);
  });

  it('is none while somebody has paused the rollout, and that is gone on over with a reason', () => {
    const story = soaking();
    story.ask('pause').decide();
    taken(story, 'dev_0', 'dev_1').wait(1_000);
    expect(story.decide()).toEqual(['RolloutPaused']);
    expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutActionRefused']);
    expect(story.ask('resume', { reason: 'go on' }).decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it('leaves the others to be counted: of them too many have failed', () => {
    const strategy: RolloutStrategy = { ...canary, count: 3, success_percent: 60 };
    const story = Story.started({ strategy }, 6);
    story.dispatch();
    story.succeed('dev_0', 'dev_1').fail('dev_2').decide();
    expect(taken(story, 'dev_0').decide()).toEqual(['RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ gate: { finished: 2, succeeded: 1, failed: 1, percent: 50 } });
  });

  it('is not tried again by a retry', () => {
    const story = taken(soaking(), 'dev_0').revert('dev_1');
    story.decide();
    story.ask('retry', { reason: 'again' }).decide();
    story.ask('resume', { reason: 'again' }).decide();
    expect(story.dispatch()).toEqual(['dev_1']);
  });
});

describe('a device that somebody takes elsewhere', () => {
  it('stays a success once its wave is behind', () => {
    const story = soaking().wait(600);
    story.decide();
    taken(story, 'dev_0');
    expect(story.member('dev_0').status).toBe('succeeded');
  });

  it('is none either while its wave still runs', () => {
    const story = Story.started({ strategy: canary }, 4);
    story.dispatch();
    taken(story.succeed('dev_0'), 'dev_0');
    expect(resource(story).waves[0]).toMatchObject({ succeeded: 0, in_flight: 1, skipped: 1 });
    expect(story.succeed('dev_1').decide()).toEqual(['WaveCompleted']);
  });
});
