import { describe, expect, it } from 'vitest';
import { replacedBy } from './placement.js';
import { resourceOf } from './resource.js';
import { countsAreRight } from './story-checks.fixture.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const places = (story: Story, stage: 'forward' | 'rollback' = 'forward') =>
  story.all(stage).map(({ device_id, wave, rank }) => [device_id, wave, rank]);

describe('planned devices', () => {
  it('fill the waves one after the other, in as many events as they come', () => {
    const strategy = { type: 'rolling' as const, batch_size: 2 };
    const whole = Story.planned({ strategy }, 5);
    const again = new Story();
    for (const event of whole.history) {
      if (event.type !== 'RolloutDevicesPlanned') again.hear(event);
      else for (const id of ['dev_0', 'dev_1', 'dev_2', 'dev_3', 'dev_4']) again.plan('forward', [id]);
    }
    expect(places(whole)).toEqual([
      ['dev_0', 0, 0],
      ['dev_1', 0, 1],
      ['dev_2', 1, 2],
      ['dev_3', 1, 3],
      ['dev_4', 2, 4],
    ]);
    expect(places(again)).toEqual(places(whole));
    expect(again.accepted.waves).toEqual(whole.accepted.waves);
  });

  it('are passed over empty waves', () => {
    const story = Story.planned({ strategy: { type: 'canary', count: 9 } }, 3);
    expect(story.accepted.waves.map(({ counts }) => counts.waiting)).toEqual([3, 0]);
  });
});

describe('devices that join', () => {
  const joining = { membership: 'continuous' as const, strategy: { type: 'canary' as const, count: 1 } };

  it('come into the last wave, which grows', () => {
    const story = Story.started(joining, 3);
    story.plan('forward', ['new_1', 'new_2'], {
      joined: true,
      excluded: [{ device_id: 'x', reason: 'newer-version' }],
    });
    expect(places(story).slice(3)).toEqual([
      ['new_1', 1, 3],
      ['new_2', 1, 4],
    ]);
    expect(story.accepted.waves.map(({ eligible }) => eligible)).toEqual([1, 4]);
    expect(story.accepted.excluded).toEqual({ 'newer-version': 1 });
    expect(story.dispatch()).toEqual(['dev_0']);
  });

  it('make a completed rollout run again, and have the time of devices that have just come', () => {
    const story = Story.started(joining, 1);
    story.succeed(...story.dispatch()).decide();
    expect(story.rollout.status).toBe('completed');
    story.wait(86_400).plan('forward', ['new_1'], { joined: true });
    expect(story.accepted.waves[1]).toMatchObject({ status: 'running', since: story.at.toISOString() });
    expect(story.rollout.status).toBe('running');
  });

  it('take the place of those that had their ids, which are counted no more, and no wave runs again for them', () => {
    const story = Story.started({ ...joining, strategy: { type: 'canary', count: 1, soak_s: 600 } }, 3);
    story.fail(...(story.dispatch() as [string])).decide();
    const replaces = replacedBy({ ...story.member('dev_0'), status: 'failed' });
    story.append({
      type: 'RolloutDevicesPlanned',
      data: {
        ...{ rollout_id: story.accepted.rollout_id, stage: 'forward', joined: true, excluded: [] },
        devices: [{ device_id: 'dev_0', replaces }, { device_id: 'new_1' }],
      },
    });
    expect(places(story)).toEqual([
      ['dev_0', 1, 0],
      ['dev_1', 1, 1],
      ['dev_2', 1, 2],
      ['new_1', 1, 3],
    ]);
    expect(story.member('dev_0')).toMatchObject({ status: 'waiting', attempt: 2, tries_before: 2, code: null });
    expect(story.accepted.waves).toMatchObject([{ eligible: 0, status: 'completed' }, { eligible: 4 }]);
    countsAreRight(story);
    // What it had proved it has proved: the soak goes on.
    expect(story.decide()).toEqual([]);
    expect(story.wait(600).decide()).toEqual(['WaveStarted']);
  });

  it.each([
    ['was never told', false],
    ['was told before', true],
  ])('have no number under which one that had their id, and %s, was answered without a telling', (_which, isTold) => {
    const retry = { attempts: 1, backoff_s: 0 };
    const story = Story.started({ ...joining, retry, strategy: { type: 'all_at_once' } }, 1);
    if (isTold) story.fail(...(story.dispatch() as [string]));
    const before = story.member('dev_0');
    story.refuse('dev_0', 'UpdateSkipped', 'device-removed');
    const answered = before.attempt + 1;
    const replaces = replacedBy({ ...story.member('dev_0'), status: isTold ? 'failed' : 'skipped' });
    story.append({
      type: 'RolloutDevicesPlanned',
      data: {
        ...{ rollout_id: story.accepted.rollout_id, stage: 'forward', joined: true, excluded: [] },
        devices: [{ device_id: 'dev_0', replaces }],
      },
    });
    story.dispatch();
    expect(story.member('dev_0').attempt).toBeGreaterThan(answered);
    countsAreRight(story);
  });

  it('are doubted of, and have no way back, like those of the plan', () => {
    const story = Story.started({ ...joining, failure: { count: 1, action: 'rollback' } }, 1);
    const foreseen = { warnings: { 'key-not-trusted': 1 }, no_way_back: { 'no-good-version': 1 } };
    story.plan('forward', ['new_1'], { joined: true, ...foreseen });
    story.plan('forward', ['new_2'], { joined: true, ...foreseen });
    expect(resourceOf(story.rollout, story.at, noneWithheld)).toMatchObject({
      warnings: { 'key-not-trusted': 2 },
      no_way_back: { 'no-good-version': 2 },
    });
  });

  it('are not counted as left out any more, nor twice', () => {
    const story = Story.planned(joining, 1, ['update-in-progress', 'model-mismatch']);
    story.decide();
    const data = { rollout_id: story.accepted.rollout_id, stage: 'forward' as const, joined: true };
    story.append({
      type: 'RolloutDevicesPlanned',
      data: {
        ...data,
        devices: [{ device_id: 'out_0', was_excluded: 'update-in-progress' }],
        excluded: [{ device_id: 'out_1', reason: 'device-revoked', was_excluded: 'model-mismatch' }],
      },
    });
    expect(story.accepted.excluded).toEqual({ 'device-revoked': 1 });
  });

  it('that are left out wake nobody', () => {
    const story = Story.started(joining, 0);
    story.plan('forward', [], { joined: true, excluded: [{ device_id: 'x', reason: 'newer-version' }] });
    expect(story.rollout.status).toBe('completed');
  });
});

describe('devices on the way back', () => {
  it('fill waves of one size, as many as there are', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 } }, 2);
    story.ask('rollback').decide(undefined);
    story.plan('rollback', ['a', 'b', 'c'], { version: '1.0.0' }).plan('rollback', ['d', 'e'], { version: '0.9.0' });
    expect(places(story, 'rollback').map(([, wave]) => wave)).toEqual([0, 0, 1, 1, 2]);
    expect(story.accepted).toMatchObject({ rollback: { waves: [{ eligible: 2 }, { eligible: 2 }, { eligible: 1 }] } });
    expect(story.member('e', 'rollback').version).toBe('0.9.0');
  });

  it('are one wave where the way out was no batches', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 1 } }, 2);
    story.ask('rollback').decide(undefined);
    story.plan('rollback', ['a', 'b', 'c'], { version: '1.0.0' });
    expect(JSON.parse(JSON.stringify(story.accepted))).toMatchObject({ rollback: { waves: [{ eligible: 3 }] } });
  });
});
