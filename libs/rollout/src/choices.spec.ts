import { describe, expect, it } from 'vitest';
import { allowanceOf, roomOf } from './allowance.js';
import { resourceOf } from './resource.js';
import { after, Story } from './story.fixture.js';
import { noneWithheld, waitingFor } from './waiting-for.js';

const waveOf = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)?.waves[0];
const reasons = (story: Story) => waitingFor(story.accepted, story.at, noneWithheld).map(({ reason }) => reason);

/** Two devices, one at a time. */
function oneAtATime(): Story {
  const story = Story.started({ limits: { max_in_flight: 1 } }, 2);
  expect(story.dispatch()).toEqual(['dev_0']);
  return story;
}

describe('a device whose update somebody there wants later', () => {
  it('is in flight, and is counted apart', () => {
    const story = oneAtATime().postpone('dev_0', 60);
    expect(story.member('dev_0')).toMatchObject({
      ...{ status: 'in_flight', code: 'postponed', not_before: after(60).toISOString() },
    });
    expect(waveOf(story)).toMatchObject({
      queued: 1,
      in_flight: 1,
      postponed: 1,
      declined: 0,
      failed: 0,
      cancelled: 0,
    });
  });

  it('takes no place, until it is told again', () => {
    const story = oneAtATime();
    expect(allowanceOf(story.rollout, story.at)).toBeUndefined();
    story.postpone('dev_0', 60);
    expect(roomOf(story.accepted, story.at)).toMatchObject({ in_flight: 0, slots: 1 });
    expect(story.dispatch()).toEqual(['dev_1']);
    story.wait(60).tellAgain('dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'in_flight', code: null, not_before: null });
    expect(waveOf(story)).toMatchObject({ in_flight: 2, postponed: 0 });
    expect(roomOf(story.accepted, story.at)).toMatchObject({ in_flight: 2, slots: 0 });
  });

  it('is told again as the limits have room, before others; and one of several that are due at once, too', () => {
    const story = Story.started({ limits: { max_in_flight: 1 } }, 3);
    for (const device of ['dev_0', 'dev_1']) {
      expect(story.dispatch()).toEqual([device]);
      story.postpone(device, 60);
    }
    story.wait(59);
    expect(allowanceOf(story.rollout, story.at)).toMatchObject({ devices: 1 });
    story.wait(1);
    expect(story.dispatch()).toEqual(['dev_0']);
    expect(story.dispatch()).toEqual([]);
    story.succeed('dev_0');
    expect(story.dispatch()).toEqual(['dev_1']);
    story.succeed('dev_1');
    expect(story.dispatch()).toEqual(['dev_2']);
  });

  it('is told again when it wanted to be, also where no other one is since the window is closed', () => {
    const window = { cron: '0 12 * * *', duration_s: 600, time_zone: 'UTC' };
    const story = Story.started({ window, limits: { max_in_flight: 1 } }, 2);
    expect(story.dispatch()).toEqual(['dev_0']);
    story.postpone('dev_0', 3_600).wait(3_600);
    expect(allowanceOf(story.rollout, story.at)).toEqual({ stage: 'forward', waves: [0], devices: 1, closed: true });
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0');
    expect(story.dispatch()).toEqual([]);
  });

  it('is not told again while the rollout is paused', () => {
    const story = oneAtATime().postpone('dev_0', 60).wait(60);
    story.ask('pause').decide();
    expect(story.dispatch()).toEqual([]);
    story.ask('resume').decide();
    expect(story.dispatch()).toEqual(['dev_0']);
  });

  it('is what the rollout waits for, with when it is told again', () => {
    const story = oneAtATime().postpone('dev_0', 60);
    const withheld = { ...noneWithheld, offline: 1, postponed_until: after(60).toISOString() };
    expect(waitingFor(story.accepted, story.at, withheld)).toEqual([
      { reason: 'devices_offline', devices: 1 },
      { reason: 'devices_postponed', devices: 1, next_at: after(60).toISOString() },
    ]);
    // A time that is over is none when it is told.
    const late = waitingFor(story.accepted, after(61), withheld);
    expect(late).toContainEqual({ reason: 'devices_postponed', devices: 1, next_at: null });
    story.dispatch();
    expect(reasons(story)).toEqual(['devices_in_flight', 'devices_postponed']);
    story.ask('pause').decide();
    expect(reasons(story)).toEqual(['operator', 'devices_in_flight', 'devices_postponed']);
  });

  it('counts as told when it is told again, and only then', () => {
    const story = Story.started({ limits: { max_per_minute: 5 } }, 1);
    story.dispatch();
    story.postpone('dev_0', 30);
    expect(roomOf(story.accepted, story.at).told_last_minute).toBe(1);
    story.wait(30).tellAgain('dev_0');
    expect(roomOf(story.accepted, story.at).told_last_minute).toBe(2);
  });

  it.each([
    ['succeeds', (story: Story) => story.succeed('dev_0'), { succeeded: 1 }],
    ['fails', (story: Story) => story.fail('dev_0'), { failed: 1 }],
    [
      'is left for too long',
      (story: Story) => story.cancel('dev_0', 'postponed-too-long'),
      { cancelled: 1, declined: 0 },
    ],
    ['declines after all', (story: Story) => story.cancel('dev_0', 'declined'), { cancelled: 1, declined: 1 }],
  ])('is postponed no more once it %s', (_, end, counts) => {
    const story = end(oneAtATime().postpone('dev_0', 60));
    expect(waveOf(story)).toMatchObject({ in_flight: 0, postponed: 0, ...counts });
    expect(story.member('dev_0').not_before).toBeNull();
  });
});

describe('a device where somebody does not want the update', () => {
  it('is cancelled, and no gate counts it as failed', () => {
    const strategy = { type: 'canary', count: 2, success_percent: 100 } as const;
    const story = Story.started({ strategy, failure: { count: 1, action: 'abort' } }, 3);
    story.dispatch();
    story.cancel('dev_0', 'declined').succeed('dev_1');
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted']);
    expect(waveOf(story)).toMatchObject({ succeeded: 1, failed: 0, cancelled: 1, declined: 1 });
  });

  it('is not asked again, by no policy and by no retry', () => {
    const story = Story.started({ retry: { attempts: 3, backoff_s: 0 } }, 2);
    story.dispatch();
    story.cancel('dev_0', 'declined').fail('dev_1', 'wrong-model').decide();
    story.ask('retry').decide();
    expect(story.member('dev_0')).toMatchObject({ status: 'cancelled', code: 'declined' });
    expect(story.dispatch()).toEqual(['dev_1']);
  });
});
