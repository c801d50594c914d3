import { describe, expect, it } from 'vitest';
import type { FailureGate, RolloutStrategy } from '@edgeflow/contracts';
import { namesOf, Story } from './story.fixture.js';

const pausedBy = ({ history }: Story) => history.findLast(({ type }) => type === 'RolloutPaused')?.data;

/** Ten devices, told all at once; so many of them fail, one after the other. @returns at which failure the gate stopped the rollout */
function stopsAt(failure: FailureGate, devices = 10, strategy?: RolloutStrategy): number | undefined {
  const story = Story.started({ failure, ...(strategy && { strategy }) }, devices);
  story.dispatch();
  for (let n = 0; n < devices; n++) {
    story.fail(`dev_${n}`);
    if (story.decide().includes('RolloutPaused')) return n + 1;
  }
  return undefined;
}

describe('the failure gate', () => {
  it.each<[string, FailureGate, number]>([
    ['threshold 0', { percent: 0 }, 1],
    ['a count of 0', { count: 0 }, 1],
    ['a count of 3', { count: 3 }, 3],
    ['a share of all ten, where no minimum is said', { percent: 35 }, 4],
    ['min_finished of 4', { percent: 50, min_finished: 4 }, 4],
    ['min_finished larger than the wave', { percent: 50, min_finished: 1_000 }, 10],
    ['a count, whatever min_finished says', { count: 2, min_finished: 9 }, 2],
  ])('with %s stops the rollout', (_name, failure, expected) => {
    expect(stopsAt(failure)).toBe(expected);
  });

  it('with threshold 100 stops a wave of which all failed, and no other', () => {
    const failure = { percent: 100, min_finished: 3 };
    expect(stopsAt(failure, 3)).toBe(3);
    const story = Story.started({ failure }, 3);
    story.dispatch();
    story.succeed('dev_0').fail('dev_1').fail('dev_2');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it('is not passed on reaching its share, and says every number', () => {
    const story = Story.started({ failure: { percent: 33.33, min_finished: 3 } }, 10);
    story.dispatch();
    story.succeed('dev_0', 'dev_1').fail('dev_2').decide();
    expect(pausedBy(story)).toMatchObject({
      cause: 'gate',
      gate: {
        ...{ gate: 'failure', passed: false, per: 'wave', wave: 0, finished: 3, succeeded: 2, failed: 1 },
        ...{ percent: 33.33, threshold_percent: 33.33, min_finished: 3, action: 'pause' },
      },
    });
  });

  it('without a minimum says of how many devices its share is', () => {
    const story = Story.started({ failure: { percent: 20 } }, 10);
    story.dispatch();
    story.fail('dev_0');
    expect(story.decide()).toEqual([]);
    story.fail('dev_1').decide();
    expect(pausedBy(story)).toMatchObject({ gate: { finished: 2, failed: 2, of: 10, percent: 20 } });
  });

  it('does not count devices that were skipped or withdrawn', () => {
    const story = Story.started({ failure: { percent: 50, min_finished: 4 } }, 4);
    story.dispatch(1);
    story.refuse('dev_1', 'UpdateSkipped', 'already-on-target').refuse('dev_2', 'UpdateSkipped', 'already-on-target');
    story.dispatch();
    story.cancel('dev_3', 'device-revoked');
    expect(story.decide()).toEqual([]);
    // The one that is left is all that can finish.
    story.fail('dev_0');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ gate: { finished: 1, failed: 1, percent: 100 } });
  });

  it('without a failure never stops anything', () => {
    const story = Story.started({ failure: { percent: 0, min_finished: 1 } }, 2);
    story.succeed(...story.dispatch());
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it.each([
    ['pause', 'RolloutPaused', 'paused'],
    ['abort', 'RolloutAborted', 'aborted'],
    ['rollback', 'RollbackTriggered', 'rolling_back'],
  ] as const)('does what it is told to: %s', (action, type, status) => {
    const story = Story.started({ failure: { count: 1, action } }, 3);
    story.dispatch(2);
    story.fail('dev_0');
    expect(story.decide(undefined)).toEqual([type]);
    expect(story.rollout.status).toBe(status);
  });

  it('per wave forgets the waves before, per rollout does not', () => {
    const strategy: RolloutStrategy = { type: 'rolling', batch_size: 2 };
    const outcome = (per: 'wave' | 'rollout') => {
      const story = Story.started({ strategy, failure: { count: 2, per } }, 4);
      story.dispatch();
      story.succeed('dev_0').fail('dev_1').decide();
      story.dispatch();
      story.fail('dev_2');
      return story.decide();
    };
    expect(outcome('wave')).toEqual([]);
    expect(outcome('rollout')).toEqual(['RolloutPaused']);
  });

  it('per rollout waits for min_finished over all waves', () => {
    expect(stopsAtPerRollout(5)).toBe(5);
    expect(stopsAtPerRollout(1_000)).toBe(6);
  });

  function stopsAtPerRollout(min_finished: number): number | undefined {
    const failure: FailureGate = { percent: 1, min_finished, per: 'rollout' };
    const story = Story.started({ failure, strategy: { type: 'rolling', batch_size: 2 } }, 6);
    for (const [n, device] of namesOf(6).entries()) {
      story.dispatch();
      story.fail(device);
      if (story.decide().includes('RolloutPaused')) return n + 1;
    }
    return undefined;
  }
});

describe('a resume after the failure gate', () => {
  const stopped = (failure: FailureGate = { count: 1 }) => {
    const story = Story.started({ failure }, 5);
    story.dispatch();
    story.fail('dev_0').decide();
    return story;
  };

  it('says which gate it overrides', () => {
    const story = stopped();
    const { gate } = pausedBy(story) as { gate: object };
    story.ask('resume').decide();
    expect(story.history.findLast(({ type }) => type === 'RolloutResumed')?.data).toMatchObject({ gate });
  });

  it('takes note of the failures so far, also of those that came meanwhile; one more stops it again', () => {
    const story = stopped();
    story.fail('dev_1');
    expect(story.ask('resume').decide()).toEqual(['RolloutResumed']);
    story.succeed('dev_2');
    expect(story.decide()).toEqual([]);
    story.fail('dev_3');
    expect(story.decide()).toEqual(['RolloutPaused']);
  });

  it('is forgotten when the failed devices try again', () => {
    const story = stopped();
    story.ask('resume').ask('retry').decide();
    story.dispatch();
    story.fail('dev_0');
    expect(story.decide()).toEqual(['RolloutPaused']);
  });

  it('of one wave does not stop it for another one that was resumed before', () => {
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 2 }, failure: { count: 1 } }, 4);
    story.dispatch();
    story.fail('dev_0').succeed('dev_1').decide();
    story.ask('resume').decide();
    story.dispatch();
    story.fail('dev_2').decide();
    story.ask('retry').ask('resume').decide();
    // Both waves run now, and both fail again.
    story.dispatch();
    story.fail('dev_0').fail('dev_2');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(story.ask('resume').decide()).toEqual(['RolloutResumed', 'RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({ gate: { wave: 1 } });
    expect(story.ask('resume').decide()).toEqual(['RolloutResumed']);
    story.succeed('dev_3');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it('per rollout takes note of all waves', () => {
    const failure: FailureGate = { count: 2, per: 'rollout' };
    const story = Story.started({ strategy: { type: 'rolling', batch_size: 1 }, failure }, 4);
    for (const device of ['dev_0', 'dev_1']) {
      story.dispatch();
      story.fail(device).decide();
    }
    expect(story.rollout.status).toBe('paused');
    expect(story.ask('resume').decide()).toEqual(['RolloutResumed', 'WaveStarted']);
    story.dispatch();
    expect(story.succeed('dev_2').decide()).toEqual(['WaveCompleted', 'WaveStarted']);
    story.dispatch();
    expect(story.fail('dev_3').decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
  });
});

describe('the success gate', () => {
  const canary = (success_percent: number, failure?: FailureGate) => {
    const strategy: RolloutStrategy = { type: 'canary', count: 4, success_percent };
    const story = Story.started({ strategy, ...(failure && { failure }) }, 8);
    story.dispatch();
    return story;
  };

  it('with threshold 0 is passed by a wave of which all failed', () => {
    const story = canary(0);
    for (const device of namesOf(4)) story.fail(device);
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted']);
  });

  it('with threshold 100 is not passed by a wave of which one failed', () => {
    const story = canary(100);
    story.succeed('dev_0', 'dev_1', 'dev_2').fail('dev_3');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(pausedBy(story)).toMatchObject({
      gate: { gate: 'success', passed: false, percent: 75, threshold_percent: 100, finished: 4, action: 'pause' },
    });
    expect(story.dispatch()).toEqual([]);
  });

  it('is passed on reaching its share, and the wave says so', () => {
    const story = canary(75);
    story.succeed('dev_0', 'dev_1', 'dev_2').fail('dev_3');
    expect(story.decide()).toEqual(['WaveCompleted', 'WaveStarted']);
    expect(story.history.findLast(({ type }) => type === 'WaveCompleted')?.data).toMatchObject({
      gate: { gate: 'success', passed: true, percent: 75 },
    });
  });

  it('does what the failure gate does', () => {
    const story = canary(100, { percent: 100, action: 'abort', min_finished: 4 });
    story.succeed('dev_0', 'dev_1', 'dev_2').fail('dev_3');
    expect(story.decide()).toEqual(['WaveCompleted', 'RolloutAborted']);
  });

  it('lets the next wave start when somebody resumes, and says what was overridden', () => {
    const story = canary(100);
    story.succeed('dev_0', 'dev_1', 'dev_2').fail('dev_3').decide();
    expect(story.ask('resume').decide()).toEqual(['RolloutResumed', 'WaveStarted']);
    expect(story.history.findLast(({ type }) => type === 'RolloutResumed')?.data).toMatchObject({
      gate: { gate: 'success', wave: 0, percent: 75 },
    });
  });

  it('asks again when the failed devices try again first', () => {
    const story = canary(100);
    story.succeed('dev_0', 'dev_1', 'dev_2').fail('dev_3').decide();
    story.ask('retry').ask('resume').decide();
    expect(story.dispatch()).toEqual(['dev_3']);
    expect(story.fail('dev_3').decide()).toEqual(['WaveCompleted', 'RolloutPaused']);
    story.ask('retry').ask('resume').decide();
    story.dispatch();
    expect(story.succeed('dev_3').decide()).toEqual(['WaveCompleted', 'WaveStarted']);
  });
});

describe('to resume', () => {
  const held = () => {
    const story = Story.started({ strategy: { type: 'canary', count: 2, success_percent: 100 } }, 4);
    const [first = '', second = ''] = story.dispatch();
    story.fail(first).succeed(second).decide();
    expect(story.rollout.status).toBe('paused');
    return story;
  };
  const refusalOf = (story: Story) => story.history.findLast(({ type }) => type === 'RolloutActionRefused')?.data;

  it.each([undefined, '', '  '])('over a gate takes a reason, and %j is none', (reason) => {
    const story = held();
    expect(story.ask('resume', { reason }, 'req_over').decide()).toEqual(['RolloutActionRefused']);
    expect(refusalOf(story)).toMatchObject({ request_id: 'req_over', code: 'reason-required' });
    expect(story.rollout.status).toBe('paused');
    expect(story.ask('resume', { reason: 'the bench was unplugged' }).decide()).toContain('RolloutResumed');
  });

  it('after a pause of an operator takes none', () => {
    const story = Story.started({}, 2).ask('pause');
    story.decide();
    expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutResumed']);
  });

  it('takes none once every failure that the gate counted waits for another try', () => {
    const story = held().ask('retry');
    story.decide();
    expect(story.ask('resume', { reason: undefined }).decide()).toEqual(['RolloutResumed']);
  });
});
