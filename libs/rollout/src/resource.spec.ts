import { describe, expect, it } from 'vitest';
import type { RolloutAction } from '@edgeflow/contracts';
import { allowedActions } from './allowed-actions.js';
import { resourceOf, stateOf, type RolloutState } from './resource.js';
import { after, Story } from './story.fixture.js';
import { noneWithheld, type Withheld } from './waiting-for.js';

const resource = (story: Story, withheld: Partial<Withheld> = {}) =>
  resourceOf(story.rollout, story.at, { ...noneWithheld, ...withheld })!;
const reasons = (story: Story, withheld?: Partial<Withheld>) =>
  resource(story, withheld).waiting_for.map(({ reason }) => reason);

/** One story for each state, and what may be done then. */
const inState: [RolloutState, string, () => Story, RolloutAction[]][] = [
  ['scheduled', 'with a time', () => Story.planned({ start_at: after(60).toISOString() }, 2), ['pause', 'abort']],
  [
    ...(['awaiting_approval', 'before the start'] as const),
    () => Story.planned({ approval: 'start' }, 2),
    ['approve', 'pause', 'abort'],
  ],
  ['running', 'without a failure', () => Story.started({}, 2), ['pause', 'abort', 'rollback', 'skip', 'amend']],
  ['running', 'with a failure', () => oneFailed(), ['pause', 'abort', 'retry', 'rollback', 'skip', 'amend']],
  [
    ...(['awaiting_approval', 'between waves'] as const),
    () => {
      const story = Story.planned({ approval: 'every_wave', strategy: { type: 'rolling', batch_size: 1 } }, 2);
      story.ask('approve').decide();
      story.succeed(...story.dispatch()).decide();
      return story;
    },
    ['approve', 'pause', 'abort', 'rollback', 'skip', 'amend'],
  ],
  ['paused', 'before the start', () => after_(Story.planned({ approval: 'start' }, 2), 'pause'), ['resume', 'abort']],
  [
    'paused',
    'without a failure',
    () => after_(Story.started({}, 2), 'pause'),
    ['resume', 'abort', 'rollback', 'skip', 'amend'],
  ],
  [
    'paused',
    'with a failure',
    () => after_(oneFailed(), 'pause'),
    ['resume', 'abort', 'retry', 'rollback', 'skip', 'amend'],
  ],
  ['completed', 'without a failure', () => completed(), ['rollback']],
  ['completed', 'with a failure', () => completed(true), ['retry', 'rollback']],
  ['completed', 'and taking devices in', () => Story.started({ membership: 'continuous' }, 0), ['abort', 'rollback']],
  ['aborted', 'on the way out', () => after_(oneFailed(), 'abort'), ['rollback']],
  ['rolling_back', '', () => after_(Story.started({}, 2), 'rollback', undefined), ['abort', 'amend']],
  [
    'aborted',
    'on the way back',
    () => after_(after_(Story.started({}, 2), 'rollback', undefined), 'abort'),
    ['rollback'],
  ],
  [
    'rolled_back',
    '',
    () => {
      const story = after_(Story.started({}, 2), 'rollback');
      story.decide();
      return story;
    },
    [],
  ],
  [
    ...(['rollback_incomplete', 'with a device that is not back'] as const),
    () => {
      const story = after_(completed(), 'rollback', 2);
      story.planBack();
      story.decide();
      story.refuse('dev_0', 'UpdateRejected', 'firmware-revoked', 'rollback');
      story.succeed(...story.dispatch()).decide();
      return story;
    },
    ['retry'],
  ],
];

function after_(story: Story, action: RolloutAction, unplanned: number | undefined = 0): Story {
  story.ask(action).decide(unplanned);
  return story;
}

function oneFailed(): Story {
  const story = Story.started({}, 2);
  story.dispatch();
  return story.fail('dev_0');
}

function completed(failed = false): Story {
  const story = Story.started({}, 2);
  story.dispatch();
  if (failed) story.fail('dev_0').succeed('dev_1');
  else story.succeed('dev_0', 'dev_1');
  story.decide();
  return story;
}

describe('a rollout', () => {
  it.each(inState)('that is %s %s may be acted on so', (state, _when, tell, actions) => {
    const story = tell();
    expect(stateOf(story.accepted)).toBe(state);
    expect(allowedActions(story.rollout)).toEqual(actions);
    expect(resource(story)).toMatchObject({ state, allowed_actions: actions });
  });

  it('that is not accepted has no resource, and nothing may be done to it', () => {
    const story = new Story().asked();
    expect(resourceOf(story.rollout, story.at, noneWithheld)).toBeUndefined();
    expect(allowedActions(story.rollout)).toEqual([]);
  });

  it('shows the fixed fields first', () => {
    expect(Object.keys(resource(Story.started({}, 1))).slice(0, 10)).toEqual([
      ...['rollout_id', 'version', 'state', 'strategy', 'percent', 'eligible', 'excluded', 'waves'],
      ...['allowed_actions', 'waiting_for'],
    ]);
  });

  it('says of the waves of a stopped rollout how far they came', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 } }, 4);
    story.dispatch(2);
    story.succeed('dev_0');
    story.ask('abort').decide();
    expect(resource(story).waves.map(({ state }) => state)).toEqual(['running', 'cancelled']);
    story.fail('dev_1');
    expect(resource(story).waves.map(({ state }) => state)).toEqual(['completed', 'cancelled']);
  });

  it('counts its waves as they stand', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 3 } }, 7);
    story.dispatch(2);
    story.succeed('dev_0');
    expect(resource(story)).toMatchObject({ eligible: 7, succeeded: 1, failed: 0, percent: 14 });
    expect(resource(story).waves[0]).toMatchObject({
      ...{ index: 0, state: 'running', eligible: 3, queued: 1, in_flight: 1, succeeded: 1, percent: 33 },
      ...{ started_at: after(0).toISOString(), completed_at: null },
    });
    expect(resource(story).waves[1]).toMatchObject({ state: 'pending', eligible: 3, queued: 3, started_at: null });
  });

  it('is at 100 % when all have ended, and not a device earlier', () => {
    const story = Story.started({}, 300);
    story.dispatch();
    for (let n = 0; n < 299; n++) story.succeed(`dev_${n}`);
    expect(resource(story).percent).toBe(99);
    story.succeed('dev_299');
    expect(resource(story).percent).toBe(100);
  });

  it('of nobody is at 0 % before it is over and at 100 % after', () => {
    const story = Story.planned({}, 0);
    expect(resource(story).percent).toBe(0);
    story.decide();
    expect(resource(story)).toMatchObject({ percent: 100, state: 'completed', eligible: 0 });
    expect(resource(story).waves[0]).toMatchObject({ percent: 100, state: 'completed' });
  });

  it('shows that a wave soaks, and which gate it passed', () => {
    const strategy = { type: 'canary' as const, count: 1, soak_s: 600, success_percent: 50 };
    const story = Story.started({ strategy }, 3);
    story.succeed(...story.dispatch()).decide();
    expect(resource(story).waves[0]).toMatchObject({ state: 'soaking', gate: { passed: true, percent: 100 } });
    story.wait(600).decide();
    expect(resource(story).waves[0]).toMatchObject({ state: 'completed' });
  });

  it('shows its way back, to its end', () => {
    const story = completed();
    expect(resource(story).rollback).toBeNull();
    story.ask('rollback', { reason: 'too slow' }).decide(undefined);
    expect(resource(story).rollback).toMatchObject({ cause: 'operator', reason: 'too slow', percent: 0, waves: [] });
    story.planBack();
    story.decide();
    story.dispatch();
    story.succeed('dev_0');
    expect(resource(story).rollback).toMatchObject({ percent: 50, waves: [{ in_flight: 1, succeeded: 1 }] });
    const nobody = after_(Story.started({}, 0), 'rollback');
    nobody.decide();
    expect(resource(nobody).rollback).toMatchObject({ percent: 100 });
  });
});

describe('what a rollout waits for', () => {
  it('is its approval and its time', () => {
    const story = Story.planned({ approval: 'start', start_at: after(90).toISOString() }, 1);
    expect(resource(story).waiting_for).toEqual([
      { reason: 'approval', wave: 0 },
      { reason: 'start_time', at: after(90).toISOString(), remaining_s: 90 },
    ]);
    expect(reasons(story.wait(90))).toEqual(['approval']);
  });

  it('is the soak, with what is left of it, and the approval after it', () => {
    const strategy = { type: 'canary' as const, count: 1, soak_s: 600 };
    const story = Story.planned({ strategy, approval: 'every_wave' }, 3);
    story.ask('approve').decide();
    story.succeed(...story.dispatch()).decide();
    story.wait(100.5);
    expect(resource(story).waiting_for).toEqual([
      { reason: 'soak', wave: 0, until: after(600).toISOString(), remaining_s: 500 },
      { reason: 'approval', wave: 1 },
    ]);
    expect(reasons(story.wait(500))).toEqual(['approval']);
  });

  it('is its window', () => {
    const window = { cron: '0 13 * * *', duration_s: 60, time_zone: 'UTC' };
    const story = Story.started({ window }, 1);
    expect(resource(story).waiting_for).toEqual([
      { reason: 'window', opens_at: '2026-02-21T13:00:00.000Z', remaining_s: 3_600 },
    ]);
    expect(reasons(story.wait(3_600))).toEqual([]);
  });

  it('is an operator, with a reason: by whom is what is known, and whom a team names stays its word', () => {
    const story = Story.started({}, 1);
    story.dispatch();
    story.ask('pause', { reason: 'lunch', requested_by: 'ann' }).decide();
    expect(resource(story).waiting_for).toEqual([
      { reason: 'operator', since: after(0).toISOString(), by: '/spec', stated: 'ann', why: 'lunch' },
      { reason: 'devices_in_flight', devices: 1 },
    ]);
  });

  it('is its gate, with its numbers', () => {
    const story = Story.started({ failure: { count: 1 } }, 2);
    story.dispatch();
    story.fail('dev_0').decide();
    expect(resource(story).waiting_for).toMatchObject([
      { reason: 'gate', gate: { gate: 'failure', failed: 1, threshold_count: 1 } },
      { reason: 'devices_in_flight', devices: 1 },
    ]);
  });

  it('is capacity and rate, when somebody could be told', () => {
    const story = Story.started({ limits: { max_in_flight: 2, max_per_minute: 2 } }, 5);
    story.dispatch();
    expect(resource(story).waiting_for).toEqual([
      { reason: 'capacity', in_flight: 2, max_in_flight: 2, waiting: 3 },
      { reason: 'rate_limit', told_last_minute: 2, max_per_minute: 2, waiting: 3, next_in_s: 61 },
      { reason: 'devices_in_flight', devices: 2 },
    ]);
    expect(reasons(story, { offline: 2, busy: 1 })).toEqual(['devices_offline', 'devices_busy', 'devices_in_flight']);
    const more_urgent = [{ rollout_id: 'rol_b', next_at: after(60).toISOString() }];
    const fleet = { fleet_closed: 2, fleet_opens_at: after(90).toISOString() };
    expect(resource(story, { ...fleet, outranked: 1, more_urgent })).toMatchObject({
      waiting_for: [
        { reason: 'fleet_window', devices: 2, opens_at: after(90).toISOString() },
        { reason: 'more_urgent_rollout', devices: 1, rollouts: more_urgent },
        { reason: 'devices_in_flight' },
      ],
    });
  });

  it('is an image that was revoked before it starts, or while it is paused', () => {
    const revoked = { reason: 'firmware_revoked', code: 'firmware-revoked', models: ['m1'] };
    const scheduled = Story.planned({ start_at: after(60).toISOString() }, 1);
    expect(resource(scheduled, { revoked: ['m1'] }).waiting_for).toMatchObject([{ reason: 'start_time' }, revoked]);
    const paused = Story.started({}, 1).ask('pause');
    paused.decide();
    expect(resource(paused, { revoked: ['m1'] }).waiting_for).toMatchObject([{ reason: 'operator' }, revoked]);
    expect(reasons(paused, {})).toEqual(['operator']);
  });

  it('is its window, but where no fleet of the devices that wait is ever open with it', () => {
    const window = { cron: '0 3 * * *', duration_s: 60, time_zone: 'UTC' };
    const story = Story.started({ window, limits: { max_in_flight: 1 } }, 3);
    const fleets_apart = ['north'];
    const some = { reason: 'window_never_opens', devices: 2, fleets: fleets_apart };
    expect(resource(story, { apart: 2, fleets_apart }).waiting_for).toMatchObject([{ reason: 'window' }, some]);
    expect(resource(story, { apart: 3, fleets_apart }).waiting_for).toEqual([{ ...some, devices: 3 }]);
  });

  it('is devices that back off', () => {
    const story = Story.started({ retry: { attempts: 1, backoff_s: 30 } }, 1);
    story.dispatch();
    story.fail('dev_0');
    const next_try_at = after(30).toISOString();
    expect(resource(story, { backing_off: 1, next_try_at }).waiting_for).toEqual([
      { reason: 'backoff', devices: 1, next_at: next_try_at },
    ]);
  });

  it('is devices under way, after an abort too, and nothing once all is over', () => {
    const story = Story.started({}, 1);
    story.dispatch();
    expect(reasons(story)).toEqual(['devices_in_flight']);
    story.ask('abort').decide();
    expect(reasons(story)).toEqual(['devices_in_flight']);
    expect(reasons(story.succeed('dev_0'))).toEqual([]);
    expect(reasons(completed())).toEqual([]);
  });

  it('on the way back is no window', () => {
    const window = { cron: '0 3 * * *', duration_s: 60, time_zone: 'UTC' };
    const story = Story.started({ window, limits: { max_in_flight: 1 } }, 2);
    story.wait(15 * 3_600).succeed(...story.dispatch());
    story.succeed(...story.dispatch()).decide();
    story.wait(3_600).ask('rollback').decide(undefined);
    story.planBack();
    story.decide();
    story.dispatch();
    expect(reasons(story)).toEqual(['capacity', 'devices_in_flight']);
  });
});
