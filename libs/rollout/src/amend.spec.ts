import { describe, expect, it } from 'vitest';
import type { DataOf, EventName, RolloutSpec } from '@edgeflow/contracts';
import { amendmentOf, checkAmendment } from './amend.js';
import { resourceOf } from './resource.js';
import { isAccepted } from './rollout.state.js';
import { Story, specWith } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const reason = 'too slow';
const rolling = { type: 'rolling' as const, batch_size: 2 };
const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;
const last = <N extends EventName>(story: Story, type: N) =>
  story.history.findLast((event) => event.type === type)?.data as DataOf<N> | undefined;
const amended = (spec: Partial<RolloutSpec>, devices: number, amend: Record<string, unknown>): Story => {
  const story = Story.started(spec, devices).ask('amend', { reason, amend });
  story.decide();
  return story;
};

describe('a rollout that is amended', () => {
  it('says what was, what is, who and why, and shows what is', () => {
    const story = Story.started({ limits: { max_in_flight: 1 }, deadline_s: 60 }, 3);
    story.dispatch();
    const limits = { max_in_flight: null, max_per_minute: 30 };
    story.ask('amend', { reason, requested_by: 'ann', role: 'operator', amend: { limits, deadline_s: null } });
    expect(story.decide()).toEqual(['RolloutAmended']);
    expect(last(story, 'RolloutAmended')).toMatchObject({
      ...{ cause: 'operator', reason, requested_by: 'ann', role: 'operator', source: '/spec' },
      was: { limits: { max_in_flight: 1 }, deadline_s: 60 },
      now: { limits: { max_per_minute: 30 } },
    });
    expect(resource(story).spec).toMatchObject({ limits: { max_per_minute: 30 } });
    expect(resource(story).spec.deadline_s).toBeUndefined();
    expect(story.dispatch()).toEqual(['dev_1', 'dev_2']);
  });

  it('may be one that no release would take any more', () => {
    const { rollout } = Story.started({}, 2);
    if (!isAccepted(rollout)) throw new Error('it was accepted');
    const spec = specWith({
      target: { filter: { version: '' } },
      strategy: { type: 'staged', waves: [{ percent: 60 }, { percent: 60 }] },
    });
    const limits = { max_in_flight: 1 };
    expect(amendmentOf({ ...rollout, spec }, { limits })).toMatchObject({ was: {}, now: { limits } });
  });

  it('keeps to a window from then on, and to none when it is taken away', () => {
    const window = { cron: '0 2 * * *', duration_s: 3600, time_zone: 'UTC' };
    const story = amended({}, 1, { window });
    expect(resource(story).waiting_for).toMatchObject([{ reason: 'window', opens_at: '2026-02-22T02:00:00.000Z' }]);
    expect(story.dispatch()).toEqual([]);
    story.ask('amend', { reason, amend: { window: null } }).decide();
    expect(story.dispatch()).toEqual(['dev_0']);
  });

  it('shares devices out anew over the batches that have not begun', () => {
    const story = Story.started({ strategy: rolling }, 9);
    story.dispatch();
    story.refuse('dev_3', 'UpdateSkipped', 'superseded');
    story.ask('amend', { reason, amend: { batch_size: 4 } }).decide();
    expect(last(story, 'RolloutAmended')).toMatchObject({
      ...{ was: { strategy: rolling }, now: { strategy: { ...rolling, batch_size: 4 } }, from: 1 },
      waves: [{ eligible: 2 }, { eligible: 5 }, { eligible: 2 }],
    });
    expect(resource(story).waves).toMatchObject([
      { eligible: 2, in_flight: 2 },
      { eligible: 5, queued: 4, skipped: 1, superseded: 1 },
      { eligible: 2, queued: 2 },
    ]);
    expect(story.all('forward').map(({ wave }) => wave)).toEqual([0, 0, 1, 1, 1, 1, 1, 2, 2]);
    story.ask('amend', { reason, amend: { batch_percent: 100 } }).decide();
    expect(resource(story).spec.strategy).toEqual({ type: 'rolling', batch_percent: 100 });
    expect(resource(story).waves).toMatchObject([{ eligible: 2 }, { eligible: 7 }]);
  });

  it('leaves a canary alone, and paces what comes after it', () => {
    const strategy = { type: 'canary' as const, count: 1, soak_s: 600, then: rolling };
    const story = Story.started({ strategy }, 5);
    story.dispatch();
    story.succeed('dev_0').decide();
    expect(resource(story).waiting_for).toMatchObject([{ reason: 'soak', remaining_s: 600 }]);
    story.ask('amend', { reason, amend: { soak_s: 60, batch_size: 1, pause_between_s: 5 } }).decide();
    expect(resource(story).waiting_for).toMatchObject([{ reason: 'soak', remaining_s: 60 }]);
    expect(resource(story).waves.map(({ eligible, soak_s }) => [eligible, soak_s])).toEqual([
      ...[
        [1, 60],
        [1, 5],
        [1, 5],
        [1, 5],
        [1, 0],
      ],
    ]);
    story.wait(60);
    expect(story.decide()).toEqual(['WaveStarted']);
  });

  it('trips a gate that is reached as it is now, in the soak too', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 2, soak_s: 600 }, failure: { count: 2 } }, 4);
    story.dispatch();
    story.fail('dev_0').succeed('dev_1').decide();
    story.ask('amend', { reason, amend: { failure: { count: 1 } } });
    expect(story.decide()).toEqual(['RolloutAmended', 'RolloutPaused']);
    expect(last(story, 'RolloutPaused')?.gate).toMatchObject({ failed: 1, threshold_count: 1 });
  });

  it('stays paused when its gate is loosened, and goes on by it once resumed', () => {
    const story = Story.started({ failure: { count: 1, action: 'abort' } }, 4);
    story.ask('amend', { reason, amend: { failure: { percent: 25, min_finished: 1, action: 'pause' } } }).decide();
    expect(resource(story).spec.failure).toEqual({ percent: 25, min_finished: 1, action: 'pause' });
    story.dispatch();
    story.fail('dev_0').decide();
    expect(story.rollout.status).toBe('paused');
    story.ask('amend', { reason, amend: { failure: { percent: 90 } } });
    expect(story.decide()).toEqual(['RolloutAmended']);
    expect(story.rollout.status).toBe('paused');
    story.ask('resume', { reason });
    expect(story.decide()).toEqual(['RolloutResumed']);
  });

  it('may name one of two that exclude each other beside the other taken away, in either order', () => {
    for (const failure of [
      { count: 2, percent: null },
      { percent: null, count: 2 },
    ]) {
      const story = amended({ strategy: rolling, failure: { percent: 30 } }, 4, { failure });
      expect(resource(story).spec.failure).toEqual({ count: 2 });
    }
  });

  it.each([
    ['without a reason', { amend: { deadline_s: 5 } }, 'reason-required'],
    ['with nothing', { reason, amend: {} }, 'invalid-request'],
    ['to another version', { reason, amend: { version: '3.0.0' } }, 'not-amendable'],
    ['to another target', { reason, amend: { target: { fleet: 'south' } } }, 'not-amendable'],
    ['to another strategy', { reason, amend: { strategy: { type: 'all_at_once' } } }, 'not-amendable'],
    ['to what is no limit', { reason, amend: { limits: { max_in_flight: 0 } } }, 'invalid-request'],
    ['with what is no member', { reason, amend: { limit: 5 } }, 'invalid-request'],
    ['to a pace that its strategy has not', { reason, amend: { soak_s: 5 } }, 'invalid-request'],
    ['to no batches', { reason, amend: { batch_size: null } }, 'invalid-request'],
    ['to both kinds of gate', { reason, amend: { failure: { percent: 10, count: 1 } } }, 'invalid-request'],
    ['to both kinds of batch', { reason, amend: { batch_size: 1, batch_percent: 50 } }, 'invalid-request'],
    ['to no kind of gate', { reason, amend: { failure: { percent: null } } }, 'invalid-request'],
    ['to what it is', { reason, amend: { batch_size: 2, failure: { percent: 30 } } }, 'not-amendable'],
    ['without what it has not', { reason, amend: { failure: { count: null }, limits: null } }, 'not-amendable'],
    [
      'to a window that never opens',
      { reason, amend: { window: { cron: 'x', duration_s: 1, time_zone: 'UTC' } } },
      'invalid-request',
    ],
  ])('is refused %s', (_what, about, code) => {
    const failure = { percent: 30, per: 'rollout' as const };
    const story = Story.started({ strategy: rolling, failure }, 4).ask('amend', about);
    story.decide();
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ action: 'amend', code });
    expect(resource(story).spec).toMatchObject({ strategy: rolling, failure });
  });

  it('is refused once it is over, and before it has begun', () => {
    const ended = Story.started({}, 0);
    expect(ended.rollout.status).toBe('completed');
    const planned = Story.planned({ start_at: '2027-01-01T00:00:00Z' }, 1);
    for (const story of [ended, planned]) {
      story.ask('amend', { reason, amend: { deadline_s: 5 } }).decide();
      expect(last(story, 'RolloutActionRefused')).toMatchObject({ code: 'action-not-allowed' });
    }
  });
});

describe('the names of an amendment', () => {
  it('are looked at before anything is written', () => {
    expect(() => checkAmendment({ version: '3.0.0' })).toThrow('version stays as it was accepted');
    expect(() => checkAmendment({ pace: 3 })).toThrow('there is no member pace');
    expect(() => checkAmendment([])).toThrow('must be an object');
    expect(() => checkAmendment({ limits: null })).not.toThrow();
  });
});
