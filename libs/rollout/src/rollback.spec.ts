import { describe, expect, it } from 'vitest';
import type { DataOf, RolloutSpec } from '@edgeflow/contracts';
import { isActive } from './rollout.decider.js';
import { resourceOf } from './resource.js';
import { namesOf, Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;
const completedOf = ({ history }: Story) =>
  history.findLast(({ type }) => type === 'RollbackCompleted')?.data as DataOf<'RollbackCompleted'>;

/** So many devices have moved, the rollout is taken back, and they are told to go back. */
function turned(devices: number, spec: Partial<RolloutSpec> = {}): Story {
  const story = Story.started(spec, devices);
  story.succeed(...story.dispatch()).decide();
  story.ask('rollback').decide(devices);
  story.planBack();
  story.decide();
  return story;
}

describe('a rollback', () => {
  it('is whole when each device is back, is there already, or was taken out', () => {
    const story = turned(4);
    story.refuse('dev_0', 'UpdateSkipped', 'already-on-target', 'rollback');
    story.refuse('dev_1', 'UpdateSkipped', 'device-revoked', 'rollback');
    story.dispatch();
    story.cancel('dev_2', 'device-revoked', 'rollback').succeed('dev_3');
    story.proceeds().thenTypes(['WaveCompleted', 'RollbackCompleted']);
    expect(completedOf(story)).toMatchObject({ incomplete: 0, codes: {} });
    expect(resource(story)).toMatchObject({ state: 'rolled_back', rollback: { incomplete: 0, revoked: 2 } });
  });

  it('is whole too when a device without an earlier version was taken out', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(1);
    story.plan('rollback', [], { excluded: [{ device_id: 'dev_0', reason: 'device-revoked' }] });
    story.decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', rollback: { unavailable: { 'device-revoked': 1 } } });
  });

  it.each<[string, (story: Story) => unknown, Record<string, number>]>([
    [
      'was refused',
      (story) => story.refuse('dev_0', 'UpdateRejected', 'firmware-unknown', 'rollback'),
      { 'firmware-unknown': 1 },
    ],
    [
      'failed',
      (story) => {
        story.dispatch(1);
        story.fail('dev_0', 'install-failed', 'rollback');
      },
      { 'install-failed': 1 },
    ],
    [
      'was withdrawn by a person',
      (story) => {
        story.dispatch(1);
        story.cancel('dev_0', 'declined', 'rollback');
      },
      { declined: 1 },
    ],
  ])('is not when one of them %s, and says why', (_name, end, codes) => {
    const story = turned(2);
    end(story);
    story.succeed(...story.dispatch()).decide();
    expect(completedOf(story)).toMatchObject({ incomplete: 1, codes });
    expect(resource(story)).toMatchObject({
      ...{ state: 'rollback_incomplete', allowed_actions: ['retry'], waiting_for: [] },
      rollback: { incomplete: 1, codes, percent: 100 },
    });
  });

  it('is not when a device has no version to go back to', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(1);
    story.plan('rollback', [], { excluded: [{ device_id: 'dev_0', reason: 'no-good-version' }] });
    story.decide();
    expect(completedOf(story)).toMatchObject({ unavailable: 1, incomplete: 1, codes: { 'no-good-version': 1 } });
    expect(story.rollout.status).toBe('rollback_incomplete');
  });

  it('of an older release, which did not say so, is read by what became of its devices', () => {
    const story = turned(1);
    story.dispatch();
    story.fail('dev_0', 'install-failed', 'rollback');
    const numbers = { eligible: 1, succeeded: 0, failed: 1, cancelled: 0, skipped: 0 };
    story.append({
      type: 'RollbackCompleted',
      data: { rollout_id: story.accepted.rollout_id, numbers, unavailable: 0 },
    });
    expect(story.rollout.status).toBe('rollback_incomplete');
  });

  it('is whole only while every device is back, whatever was decided before one of them went', () => {
    const story = turned(2);
    story.succeed(...story.dispatch());
    const decided = story.decide(0, () => story.revert('dev_0', 'rollback'));
    expect(decided).toEqual(['WaveCompleted', 'RollbackCompleted']);
    expect(completedOf(story)).toMatchObject({ incomplete: 0 });
    // It is to be brought back once more.
    expect(resource(story)).toMatchObject({
      state: 'rolling_back',
      rollback: { waves: [{ state: 'running', queued: 1 }] },
    });
    story.succeed(...story.dispatch());
    expect(story.decide()).toEqual(['WaveCompleted', 'RollbackCompleted']);
    expect(story.rollout.status).toBe('rolled_back');
    story.revert('dev_0', 'rollback');
    expect(resource(story)).toMatchObject({
      ...{ state: 'rollback_incomplete', allowed_actions: ['retry'] },
      rollback: { incomplete: 1, codes: { reverted: 1 } },
    });
  });

  it('that was aborted says who is not back', () => {
    const story = turned(2);
    story.succeed(...story.dispatch(1));
    story.ask('abort').decide();
    expect(resource(story)).toMatchObject({
      state: 'aborted',
      rollback: { incomplete: 1, codes: { 'rollout-aborted': 1 } },
    });
  });
});

describe('a rollback that is not whole', () => {
  const incomplete = () => {
    const story = turned(3, { retry: { attempts: 1, backoff_s: 0 } });
    story.refuse('dev_0', 'UpdateRejected', 'firmware-unknown', 'rollback');
    story.dispatch();
    story.cancel('dev_1', 'device-revoked', 'rollback').succeed('dev_2').decide();
    return story;
  };

  it('has its failed devices try again, and is rolled back once they are back', () => {
    const story = incomplete().wait(60);
    story.ask('retry', { reason: 'it is uploaded now' }).proceeds().thenTypes(['RolloutRetried']);
    expect(story.history.at(-1)?.data).toMatchObject({ devices: 1, stage: 'rollback', reason: 'it is uploaded now' });
    expect(resource(story)).toMatchObject({
      ...{ state: 'rolling_back', allowed_actions: ['abort', 'amend'] },
      rollback: { incomplete: 0, waves: [{ state: 'running', queued: 2, succeeded: 1 }] },
    });
    story.refuse('dev_1', 'UpdateSkipped', 'device-revoked', 'rollback');
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0').proceeds().thenTypes(['WaveCompleted', 'RollbackCompleted']);
    expect(resource(story)).toMatchObject({ state: 'rolled_back', rollback: { codes: {}, revoked: 1 } });
  });

  it('asks whoever had said no again, who counts as such no more', () => {
    const story = turned(2);
    story.dispatch();
    story.cancel('dev_0', 'declined', 'rollback').succeed('dev_1').decide();
    expect(resource(story)).toMatchObject({ rollback: { waves: [{ cancelled: 1, declined: 1 }] } });
    story.ask('retry').decide();
    expect(resource(story)).toMatchObject({ rollback: { waves: [{ queued: 1, cancelled: 0, declined: 0 }] } });
    story.dispatch();
    story.succeed('dev_0').decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', rollback: { waves: [{ declined: 0 }] } });
  });

  it('stays what it is when they fail again', () => {
    const story = incomplete();
    story.ask('retry').decide();
    story.refuse('dev_0', 'UpdateRejected', 'firmware-unknown', 'rollback');
    story.refuse('dev_1', 'UpdateSkipped', 'device-revoked', 'rollback').decide();
    expect(resource(story)).toMatchObject({ state: 'rollback_incomplete', rollback: { incomplete: 1 } });
  });

  it('looks anew for those without a way', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(1);
    story.plan('rollback', [], { excluded: [{ device_id: 'dev_0', reason: 'no-good-version' }] });
    story.decide();
    story.ask('retry').proceeds(1).thenTypes(['RolloutRetried']);
    expect(resource(story)).toMatchObject({ state: 'rolling_back', rollback: { unavailable: {}, incomplete: 0 } });
    story.proceeds(1).thenNothing();
    story.plan('rollback', ['dev_0'], { version: '1.5.0' }).decide();
    story.succeed(...story.dispatch()).decide();
    expect(story.rollout.status).toBe('rolled_back');
  });

  it('takes no other action', () => {
    incomplete().ask('rollback').proceeds().thenTypes(['RolloutActionRefused']);
  });
});

describe('a device that was revoked when the rollback would have brought it back', () => {
  const left: [string, (story: Story) => unknown][] = [
    ['before it was told', (story) => story.refuse('dev_0', 'UpdateSkipped', 'device-revoked', 'rollback')],
    [
      'while it was told',
      (story) => {
        story.dispatch(1);
        story.cancel('dev_0', 'device-revoked', 'rollback');
      },
    ],
  ];
  it.each(left)('%s is counted, and brought back by a retry once it is in service again', (_when, end) => {
    const story = turned(2);
    end(story);
    story.succeed(...story.dispatch()).decide();
    expect(resource(story)).toMatchObject({
      ...{ state: 'rolled_back', allowed_actions: ['retry'], rollback: { incomplete: 0, revoked: 1 } },
    });
    story.ask('retry').proceeds().thenTypes(['RolloutRetried']);
    expect(story.history.at(-1)?.data).toMatchObject({ devices: 1, stage: 'rollback' });
    expect(resource(story)).toMatchObject({
      ...{ state: 'rolling_back', rollback: { revoked: 0, waves: [{ queued: 1, succeeded: 1, skipped: 0 }] } },
    });
    expect(story.dispatch()).toEqual(['dev_0']);
    story.succeed('dev_0').decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', allowed_actions: [], rollback: { revoked: 0 } });
  });

  it('is counted on where it still is', () => {
    const story = turned(2);
    story.refuse('dev_0', 'UpdateSkipped', 'device-revoked', 'rollback');
    story.succeed(...story.dispatch()).decide();
    story.ask('retry').decide();
    story.refuse('dev_0', 'UpdateSkipped', 'device-revoked', 'rollback').decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', rollback: { incomplete: 0, revoked: 1 } });
  });

  it('and of which nobody knew an earlier version is looked at anew, too', () => {
    const story = Story.started({}, 1);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide(1);
    story.plan('rollback', [], { excluded: [{ device_id: 'dev_0', reason: 'device-revoked' }] });
    story.decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', allowed_actions: ['retry'] });
    story.ask('retry').decide(1);
    story.plan('rollback', ['dev_0'], { version: '1.5.0' }).decide();
    story.succeed(...story.dispatch()).decide();
    expect(resource(story)).toMatchObject({ state: 'rolled_back', allowed_actions: [] });
  });
});

describe('a rollback that is over', () => {
  it.each<[string, (story: Story) => unknown]>([
    ['has failed', (story) => story.fail('dev_1', 'deadline-exceeded')],
    ['was withdrawn', (story) => story.cancel('dev_1')],
  ])('is looked at on, since a device that %s may come up on the version', (_name, end) => {
    const story = Story.started({}, 2);
    story.succeed(...story.dispatch(1));
    story.dispatch();
    end(story);
    story.decide();
    story.ask('rollback').decide(1);
    story.planBack();
    story.decide();
    story.succeed(...story.dispatch()).decide();
    expect(story.rollout.status).toBe('rolled_back');
    expect(isActive(story.rollout)).toBe(true);
    story.plan('rollback', ['dev_1'], { version: '1.0.0' });
    expect(story.rollout.status).toBe('rolling_back');
    story.decide();
    story.dispatch();
    story.fail('dev_1', 'install-failed', 'rollback').decide();
    expect(story.rollout.status).toBe('rollback_incomplete');
  });

  it('is left alone when each device that was told has moved and is back', () => {
    const story = turned(2);
    story.succeed(...story.dispatch()).decide();
    expect(isActive(story.rollout)).toBe(false);
  });
});

describe('a rollout whose failures roll it back', () => {
  it('says how many devices have no way back, also of those that join', () => {
    const spec = { membership: 'continuous' as const, failure: { count: 1, action: 'rollback' as const } };
    const story = Story.planned(spec, 2, [], { 'no-good-version': 1 });
    expect(resource(story).no_way_back).toEqual({ 'no-good-version': 1 });
    story.decide();
    const no_way_back = { 'no-good-version': 1, 'firmware-unknown': 1 };
    story.plan('forward', ['new_1', 'new_2'], { joined: true, no_way_back });
    expect(resource(story).no_way_back).toEqual({ 'no-good-version': 2, 'firmware-unknown': 1 });
    story.plan('forward', ['new_3'], { joined: true, no_way_back: {} });
    expect(resource(story).no_way_back).toEqual({ 'no-good-version': 2, 'firmware-unknown': 1 });
  });

  it('of others says nothing of it', () => {
    expect(resource(Story.planned({}, namesOf(2).length)).no_way_back).toBeNull();
  });
});

describe('a rollback that somebody has stopped', () => {
  /** Of four devices one is back, one is being installed, one has no earlier version, and one waits. */
  function stopped(): Story {
    const story = Story.started({ limits: { max_in_flight: 2 } }, 4);
    for (let n = 0; n < 2; n++) story.succeed(...story.dispatch());
    story.decide();
    story.ask('rollback').decide(4);
    story.plan('rollback', ['dev_0', 'dev_1', 'dev_2'], {
      ...{ version: '1.0.0', excluded: [{ device_id: 'dev_3', reason: 'no-good-version' }] },
    });
    story.decide();
    story.dispatch();
    story.succeed('dev_0').ask('abort').decide();
    return story;
  }

  it('says who is not back, and may be asked for again', () => {
    const story = stopped();
    expect(resource(story)).toMatchObject({
      ...{ state: 'aborted', allowed_actions: ['rollback'] },
      rollback: { incomplete: 2, codes: { 'rollout-aborted': 1, 'no-good-version': 1 } },
    });
  });

  it('goes on then with those that are not back, and looks anew for those without an earlier version', () => {
    const story = stopped();
    story.ask('rollback', { reason: 'after all' }).proceeds(0).thenTypes(['RollbackTriggered']);
    expect(resource(story)).toMatchObject({
      state: 'rolling_back',
      rollback: { incomplete: 0, waves: [{ queued: 1, in_flight: 1, succeeded: 1 }] },
    });
    story.plan('rollback', ['dev_3'], { version: '0.9.0' }).decide();
    story.succeed('dev_1');
    expect(story.dispatch()).toEqual(['dev_2', 'dev_3']);
    story.succeed('dev_2', 'dev_3');
    while (story.decide().length > 0);
    expect(resource(story)).toMatchObject({ state: 'rolled_back', allowed_actions: [] });
  });

  it('is stopped and asked for as often as somebody wants', () => {
    const story = stopped();
    story.ask('rollback').decide();
    story.ask('abort').decide();
    expect(resource(story)).toMatchObject({ state: 'aborted', allowed_actions: ['rollback'] });
    expect(story.member('dev_2', 'rollback')).toMatchObject({ status: 'cancelled', code: 'rollout-aborted' });
  });
});
