import { describe, expect, it } from 'vitest';
import { after, Story } from './story.fixture.js';

const retrying = (attempts: number, backoff_s = 10, devices = 1) => {
  const story = Story.started({ retry: { attempts, backoff_s } }, devices);
  story.dispatch();
  return story;
};

describe('a device that fails', () => {
  it('waits for another try, and twice as long before each one after it', () => {
    const story = retrying(3);
    let waits = 0;
    for (const pause of [10, 20, 40]) {
      story.fail('dev_0');
      expect(story.member('dev_0')).toMatchObject({
        ...{ status: 'waiting', not_before: after(waits + pause).toISOString(), code: 'install-failed' },
      });
      expect(story.dispatch()).toEqual([]);
      story.wait(pause);
      waits += pause;
      expect(story.dispatch()).toEqual(['dev_0']);
      expect(story.member('dev_0')).toMatchObject({ not_before: null, code: null, detail: null });
    }
    story.fail('dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'failed', attempt: 4 });
  });

  it('has no other try without a policy, or with none left', () => {
    for (const retry of [undefined, { attempts: 0, backoff_s: 1 }]) {
      const story = Story.started({ ...(retry && { retry }) }, 1);
      story.dispatch();
      expect(story.fail('dev_0').member('dev_0').status).toBe('failed');
    }
  });

  it('came from where it was told first, whatever it runs at a later try', () => {
    const story = Story.started({ force: true }, 1);
    story.dispatch();
    story.fail('dev_0').decide();
    story.ask('retry').decide();
    const { update_id: _before, ...rest } = story.member('dev_0');
    const told = { ...rest, update_id: 'upd_2', attempt: 2, number: 2, rollout_id: rest.rollout_id };
    story.append({ type: 'UpdateQueued', data: { ...told, from_version: '2.0.0' } as never });
    expect(story.member('dev_0')).toMatchObject({ status: 'in_flight', attempt: 2, from_version: '1.0.0' });
  });

  it('keeps its wave running until it has ended', () => {
    const story = retrying(1);
    expect(story.fail('dev_0').decide()).toEqual([]);
    story.wait(10).dispatch();
    expect(story.fail('dev_0').decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it.each([
    ...['wrong-model', 'signature-invalid', 'declined', 'device-revoked', 'firmware-revoked', 'firmware-unknown'],
    ...['image-missing', 'image-corrupt', 'reboot-loop', 'manifest-mismatch', 'manifest-expired', 'downgrade-refused'],
  ])('with %s has failed for good', (code) => {
    expect(retrying(5).fail('dev_0', code).member('dev_0')).toMatchObject({ status: 'failed', code });
  });

  it('has further tries while the rollout is paused, and none once it was stopped or turned', () => {
    const paused = retrying(1);
    paused.ask('pause').decide();
    expect(paused.fail('dev_0').member('dev_0').status).toBe('waiting');
    for (const action of ['abort', 'rollback'] as const) {
      const story = retrying(1);
      story.ask(action).decide(undefined);
      expect(story.fail('dev_0').member('dev_0').status).toBe('failed');
    }
  });

  it('has all its tries again when somebody has the failed devices try again', () => {
    const story = retrying(1);
    story.fail('dev_0').wait(10).dispatch();
    story.fail('dev_0').decide();
    story.ask('retry').decide();
    expect(story.member('dev_0')).toMatchObject({ status: 'waiting', attempt: 2, tries_before: 2 });
    story.dispatch();
    story.fail('dev_0');
    expect(story.member('dev_0')).toMatchObject({ status: 'waiting', not_before: after(20).toISOString() });
    story.wait(10).dispatch();
    expect(story.fail('dev_0').member('dev_0')).toMatchObject({ status: 'failed', attempt: 4 });
  });

  it('on the way back has its tries as on the way out', () => {
    const story = retrying(1);
    story.succeed('dev_0').decide();
    story.ask('rollback').decide(1);
    story.planBack();
    story.decide();
    story.dispatch();
    expect(story.fail('dev_0', 'install-failed', 'rollback').member('dev_0', 'rollback').status).toBe('waiting');
    expect(story.member('dev_0').status).toBe('succeeded');
  });
});

describe('a device that was never told', () => {
  it('is skipped or has failed, without a try', () => {
    const story = Story.started({ retry: { attempts: 5, backoff_s: 1 } }, 2);
    story.refuse('dev_0', 'UpdateSkipped', 'already-on-target').refuse('dev_1', 'UpdateRejected', 'deadline-exceeded');
    expect(story.member('dev_0')).toMatchObject({ status: 'skipped', attempt: 0, code: 'already-on-target' });
    expect(story.member('dev_1')).toMatchObject({ status: 'failed', attempt: 0, code: 'deadline-exceeded' });
  });
});

describe('a device that has ended', () => {
  it('hears nothing more of its updates', () => {
    const story = retrying(0);
    story.succeed('dev_0');
    const { rollout } = story;
    story.fail('dev_0').cancel('dev_0').refuse('dev_0', 'UpdateRejected', 'x');
    expect(story.member('dev_0').status).toBe('succeeded');
    expect(story.rollout).toEqual(rollout);
  });

  it('is not told again', () => {
    const story = retrying(0);
    const queued = story.history.find(({ type }) => type === 'UpdateQueued')!;
    story.succeed('dev_0');
    story.hear({ ...queued, position: 1_000 });
    expect(story.member('dev_0').status).toBe('succeeded');
  });
});
