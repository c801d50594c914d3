import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowanceOf, roomOf } from './allowance.js';
import { Story } from './story.fixture.js';

describe('the devices that may be told', () => {
  it('are all of the waves that run, without limits', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 } }, 5);
    expect(allowanceOf(story.rollout, story.at)).toEqual({ stage: 'forward', waves: [0], devices: Infinity });
  });

  it('are none before the start, while it is paused, and after the end', () => {
    const story = Story.planned({}, 1);
    expect(allowanceOf(story.rollout, story.at)).toBeUndefined();
    story.decide();
    story.ask('pause').decide();
    expect(allowanceOf(story.rollout, story.at)).toBeUndefined();
    story.ask('abort').decide();
    expect(allowanceOf(story.rollout, story.at)).toBeUndefined();
    expect(allowanceOf(new Story().rollout, story.at)).toBeUndefined();
  });

  it('are as many as the limit leaves, of both ways together', () => {
    const story = Story.started({ limits: { max_in_flight: 2 } }, 4);
    expect(story.dispatch()).toEqual(['dev_0', 'dev_1']);
    expect(story.dispatch()).toEqual([]);
    story.succeed('dev_0');
    story.ask('rollback').decide(1);
    story.planBack();
    story.decide(0);
    // dev_1 installs: it holds a slot of the rollback.
    expect(allowanceOf(story.rollout, story.at)).toEqual({ stage: 'rollback', waves: [0], devices: 1 });
  });

  it('are none outside of the window', () => {
    const window = { cron: '0 13 * * *', duration_s: 60, time_zone: 'UTC' };
    const story = Story.started({ window }, 2);
    expect(story.dispatch()).toEqual([]);
    story.wait(3_600);
    expect(story.dispatch(1)).toEqual(['dev_0']);
    story.wait(60);
    expect(story.dispatch()).toEqual([]);
  });

  it('are those of all waves that run, the earlier ones first', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 } }, 4);
    story.dispatch();
    story.fail('dev_0').succeed('dev_1').decide();
    story.ask('retry').decide();
    expect(allowanceOf(story.rollout, story.at)?.waves).toEqual([0, 1]);
    expect(story.dispatch(2)).toEqual(['dev_0', 'dev_2']);
  });
});

describe('the rate limit', () => {
  it('is free again a minute after, and says when', () => {
    const story = Story.started({ limits: { max_per_minute: 2 } }, 5);
    expect(story.dispatch()).toEqual(['dev_0', 'dev_1']);
    expect(roomOf(story.accepted, story.at)).toMatchObject({
      ...{ rate: 0, told_last_minute: 2, rate_frees_at: story.at.getTime() + 61_000 },
    });
    expect(story.wait(60.9).dispatch()).toEqual([]);
    expect(story.wait(0.1).dispatch()).toEqual(['dev_2', 'dev_3']);
  });

  it('counts every try', () => {
    const story = Story.started({ limits: { max_per_minute: 1 }, retry: { attempts: 1, backoff_s: 0 } }, 1);
    story.dispatch();
    story.fail('dev_0');
    expect(story.dispatch()).toEqual([]);
    expect(story.wait(61).dispatch()).toEqual(['dev_0']);
  });

  it('still counts what was told 59 seconds ago when somebody was told in between', () => {
    const story = Story.started({ limits: { max_per_minute: 10 } }, 20);
    story.wait(0.9).dispatch(5);
    expect(story.wait(59.2).dispatch()).toHaveLength(5);
    expect(story.wait(0.1).dispatch()).toEqual([]);
  });

  it('lets no more than so many be told within any 60 seconds', () => {
    const moves = fc.array(fc.tuple(fc.integer({ min: 1, max: 40_000 }), fc.integer({ min: 1, max: 5 })), {
      ...{ minLength: 5, maxLength: 40, size: 'max' },
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), moves, (max_per_minute, pauses) => {
        const story = Story.started({ limits: { max_per_minute } }, 200);
        const told: number[] = [];
        for (const [ms, most] of pauses) {
          const now = story.wait(ms / 1000).at.getTime();
          told.push(...story.dispatch(most).map(() => now));
          expect(told.filter((time) => time > now - 60_000).length).toBeLessThanOrEqual(max_per_minute);
        }
      }),
    );
  });
});
