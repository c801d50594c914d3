import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DataOf, EventName, RolloutSpec } from '@edgeflow/contracts';
import { AMENDABLE, AMENDED_IN, amendableTable } from './amendable.js';
import { resourceOf } from './resource.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const reason = 'the spec';
const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;
const last = <N extends EventName>(story: Story, type: N) =>
  story.history.findLast((event) => event.type === type)?.data as DataOf<N> | undefined;

const spec: Partial<RolloutSpec> = {
  strategy: { type: 'canary', count: 1, soak_s: 600, then: { type: 'rolling', batch_size: 1 } },
  failure: { count: 3 },
};
const changes: Record<string, unknown> = {
  limits: { max_in_flight: 7 },
  window: { cron: '0 2 * * *', duration_s: 3600, time_zone: 'UTC' },
  deadline_s: 60,
  deadlines: { waiting_s: 60 },
  failure: { count: 9 },
  ...{ batch_size: 2, batch_percent: 50, pause_between_s: 5, soak_s: 60 },
};

/** A rollout of four devices in a state in which it may be amended. */
function rolloutThatIs(state: (typeof AMENDED_IN)[number]): Story {
  const story = Story.started(spec, 4);
  story.dispatch();
  if (state === 'paused') story.ask('pause').decide();
  if (state === 'rolling_back') story.ask('rollback').decide(undefined);
  expect(story.rollout.status).toBe(state);
  return story;
}

const cases = AMENDED_IN.flatMap((state) => Object.keys(AMENDABLE).map((name) => [state, name] as const));

describe('what may be amended', () => {
  it.each(cases)('of a rollout that is %s: %s is changed, or refused since it would have no effect', (state, name) => {
    const story = rolloutThatIs(state);
    story.ask('amend', { reason, amend: { [name]: changes[name] } }).decide(undefined);
    if (AMENDABLE[name]?.includes(state)) {
      expect(last(story, 'RolloutAmended')).toBeDefined();
      return;
    }
    expect(last(story, 'RolloutAmended')).toBeUndefined();
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ code: 'not-amendable' });
    expect(last(story, 'RolloutActionRefused')?.detail).toContain('limits, deadline_s, deadlines may change');
  });

  it('has an effect on the way back too where it may be changed there', () => {
    const story = Story.started({}, 3);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(undefined);
    story.ask('amend', { reason, amend: { limits: { max_in_flight: 1 } } }).decide(undefined);
    story.planBack();
    story.decide();
    expect(story.dispatch()).toEqual(['dev_0']);
  });

  it('is refused as a whole, with whatever else stands beside it', () => {
    const story = rolloutThatIs('rolling_back');
    story.ask('amend', { reason, amend: { limits: null, failure: { count: 9 } } }).decide(undefined);
    expect(last(story, 'RolloutActionRefused')).toMatchObject({ code: 'not-amendable' });
  });

  it('is no soak that is over, and no pause behind the last batch', () => {
    const story = Story.started(spec, 3);
    story.succeed(...story.dispatch()).decide();
    story.wait(600).decide();
    const refused = (amend: Record<string, unknown>): string | undefined => {
      story.ask('amend', { reason, amend });
      return story.decide().includes('RolloutAmended') ? undefined : last(story, 'RolloutActionRefused')?.code;
    };
    expect(refused({ soak_s: 60 })).toBe('not-amendable');
    expect(refused({ pause_between_s: 5 })).toBeUndefined();
    story.succeed(...story.dispatch()).decide();
    story.wait(5).decide();
    expect(refused({ pause_between_s: 60 })).toBe('not-amendable');
    // Nor is what is in force already.
    expect(refused({ pause_between_s: 5 })).toBe('not-amendable');
  });

  it('stands in the table of the documentation', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/rollouts.md'), 'utf8');
    expect(page).toContain(amendableTable());
  });
});

describe('an amendment by which failures roll back', () => {
  const turning = { failure: { count: 9, action: 'rollback' as const } };
  const amended = (
    from: Partial<RolloutSpec>,
    amend: Record<string, unknown>,
    no_way_back?: Record<string, number>,
  ): Story => {
    const story = Story.started(from, 3).ask('amend', { reason, amend });
    story.when({ type: 'Proceed', rollout_id: story.accepted.rollout_id, at: story.at, no_way_back });
    return story;
  };

  it('says how many devices have no way back, from then on', () => {
    const story = amended({}, turning, { 'no-good-version': 2 });
    expect(last(story, 'RolloutAmended')).toMatchObject({ no_way_back: { 'no-good-version': 2 } });
    expect(resource(story).no_way_back).toEqual({ 'no-good-version': 2 });
    story.ask('amend', { reason, amend: { failure: { action: 'pause' } } }).decide();
    expect(resource(story).no_way_back).toBeNull();
  });

  it('keeps what was said of the plan where they did before', () => {
    const story = Story.planned(turning, 3, [], { 'no-good-version': 1 });
    story.ask('amend', { reason, amend: { failure: { count: 5 } } });
    story.when({ type: 'Proceed', rollout_id: story.accepted.rollout_id, at: story.at });
    story.ask('amend', { reason, amend: { failure: { count: 5 } } });
    story.when({ type: 'Proceed', rollout_id: story.accepted.rollout_id, at: story.at, no_way_back: {} });
    expect(last(story, 'RolloutAmended')).not.toHaveProperty('no_way_back');
    expect(resource(story).no_way_back).toEqual({ 'no-good-version': 1 });
  });

  it.each([{ failure: { action: 'pause' } }, { failure: null }])('%j takes it away', (amend) => {
    const story = Story.planned({ failure: { count: 9, action: 'rollback' } }, 3, [], { 'no-good-version': 1 });
    story.decide();
    story.ask('amend', { reason, amend }).decide();
    expect(resource(story).no_way_back).toBeNull();
  });
});
