import { describe, expect, it } from 'vitest';
import { resourceOf } from './resource.js';
import { countsAreRight } from './story-checks.fixture.js';
import { Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const retry = { attempts: 3, backoff_s: 60 };
const reason = 'the spec';
const resource = (story: Story) => resourceOf(story.rollout, story.at, noneWithheld)!;

/** dev_0 has failed and waits for its next try, dev_1 is in flight, dev_2 was not told. */
function retrying(): Story {
  const story = Story.started({ retry }, 3);
  story.dispatch(2);
  return story.fail('dev_0', 'checksum-mismatch');
}

type Ends = (story: Story) => unknown;
const acts: [string, Ends][] = [
  ['a skip of its wave', (story) => story.ask('skip', { reason }).decide()],
  ['an abort', (story) => story.ask('abort').decide()],
  ['a rollback', (story) => story.ask('rollback').decide()],
];
const refuses =
  (type: 'UpdateSkipped' | 'UpdateRejected', code: string): Ends =>
  (story) =>
    story.refuse('dev_0', type, code);
const refusals: [string, Ends][] = [
  ['a later rollout', refuses('UpdateSkipped', 'superseded')],
  ['its removal', refuses('UpdateSkipped', 'device-removed')],
  ['its revocation', refuses('UpdateSkipped', 'device-revoked')],
  ['another model', refuses('UpdateSkipped', 'model-mismatch')],
  ['the revocation of the image', refuses('UpdateRejected', 'firmware-revoked')],
  ['the limit of its wait', refuses('UpdateRejected', 'deadline-exceeded')],
];

describe('a device that has failed and waits for another try', () => {
  it.each([...acts, ...refusals])('has failed, by its own code, once its wait is ended by %s', (_what, ends) => {
    const story = retrying();
    ends(story);
    expect(story.member('dev_0')).toMatchObject({ status: 'failed', code: 'checksum-mismatch', not_before: null });
    expect(resource(story)).toMatchObject({ failed: 1, waves: [{ failed: 1 }] });
    countsAreRight(story);
  });

  it.each(acts)('is the only one of those that wait: %s leaves the others without a failure', (_what, ends) => {
    const story = retrying();
    ends(story);
    expect(['cancelled', 'skipped']).toContain(story.member('dev_2').status);
  });

  it('is skipped where it runs the version by now', () => {
    const story = retrying().refuse('dev_0', 'UpdateSkipped', 'already-on-target');
    expect(story.member('dev_0')).toMatchObject({ status: 'skipped', code: 'already-on-target' });
  });

  it('names the later rollout that it waited in vain for, and is not counted as taken over', () => {
    const story = retrying().refuse('dev_0', 'UpdateSkipped', 'superseded');
    expect(resource(story)).toMatchObject({ superseded_by: ['rol_later'], waves: [{ superseded: 0 }] });
  });

  it('since somebody had it try again, has failed still, or ends as that try does', () => {
    const tried = (): Story => {
      const story = Story.started({}, 2);
      story.dispatch(1);
      story.fail('dev_0', 'checksum-mismatch').ask('retry').decide();
      return story;
    };
    const left = tried().ask('skip', { reason });
    left.decide();
    expect(left.member('dev_0')).toMatchObject({ status: 'failed', code: 'checksum-mismatch' });
    const refused = tried().refuse('dev_0', 'UpdateRejected', 'firmware-revoked');
    expect(refused.member('dev_0')).toMatchObject({ status: 'failed', code: 'firmware-revoked' });
    const taken = tried().refuse('dev_0', 'UpdateSkipped', 'superseded');
    expect(taken.member('dev_0')).toMatchObject({ status: 'skipped', code: 'superseded' });
    countsAreRight(taken);
  });

  it('counts for the gate of the whole rollout once its wave is skipped', () => {
    const story = Story.started({ retry, failure: { count: 1, per: 'rollout' } }, 3);
    story.dispatch();
    story.fail('dev_0').ask('skip', { reason });
    expect(story.decide()).toEqual(['WaveSkipped', 'RolloutPaused']);
  });

  it('may be tried again after its wave was skipped', () => {
    const story = retrying().ask('skip', { reason });
    story.decide();
    story.ask('retry').decide();
    expect(story.member('dev_0')).toMatchObject({ status: 'waiting', code: 'checksum-mismatch' });
  });
});

describe('a device that could not be brought back and waits for another try', () => {
  const turned = (): Story => {
    const story = Story.started({ retry }, 3);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide();
    story.planBack();
    story.decide();
    story.dispatch(2);
    return story.fail('dev_0', 'flash-broken', 'rollback').cancel('dev_1', 'declined', 'rollback');
  };

  it('is not back, by its own code, once the rollback is aborted', () => {
    const story = turned().ask('abort');
    story.decide();
    expect(story.member('dev_0', 'rollback')).toMatchObject({ status: 'failed', code: 'flash-broken' });
    expect(resource(story).rollback?.codes).toEqual({ 'flash-broken': 1, declined: 1, 'rollout-aborted': 1 });
    countsAreRight(story);
  });

  it('is so too after it was tried again, and who was cancelled before is asked anew', () => {
    const story = Story.started({}, 2);
    story.succeed(...story.dispatch()).decide();
    story.ask('rollback').decide();
    story.planBack();
    story.decide();
    story.dispatch();
    story.fail('dev_0', 'flash-broken', 'rollback').cancel('dev_1', 'declined', 'rollback').decide();
    story.decide();
    story.ask('retry').decide();
    story.ask('abort').decide();
    expect(resource(story).rollback?.codes).toEqual({ 'flash-broken': 1, 'rollout-aborted': 1 });
    countsAreRight(story);
  });

  it.each(['device-removed', 'device-revoked', 'superseded'])('is nobody’s to bring back with %s', (code) => {
    const story = turned().refuse('dev_0', 'UpdateSkipped', code, 'rollback');
    expect(story.member('dev_0', 'rollback')).toMatchObject({ status: 'skipped', code });
    countsAreRight(story);
  });
});
