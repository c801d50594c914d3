import { describe, expect, it } from 'vitest';
import type { RolloutSpec } from '@edgeflow/contracts';
import { stopped } from './reached-gate.js';
import { Story } from './story.fixture.js';

/** A rollout that has told all of its devices. */
const told = (spec: Partial<RolloutSpec>, devices: number): Story => {
  const story = Story.started(spec, devices);
  story.dispatch();
  return story;
};
const typesOf = (story: Story) => stopped(story.rollout).map(({ type }) => type);

describe('what stops a rollout', () => {
  it('is nothing while no gate is reached', () => {
    const story = told({ failure: { count: 2 } }, 3);
    expect(stopped(story.fail('dev_0').rollout)).toEqual([]);
  });

  it.each([
    ['pause', 'RolloutPaused'],
    ['abort', 'RolloutAborted'],
    ['rollback', 'RollbackTriggered'],
  ] as const)('is what its gate is to do: %s', (action, type) => {
    const story = told({ failure: { count: 2, action } }, 3)
      .fail('dev_0')
      .fail('dev_1');
    const { rollout_id } = story.accepted;
    const gate = { gate: 'failure', failed: 2, action };
    expect(stopped(story.rollout)).toMatchObject([{ type, data: { rollout_id, cause: 'gate', gate } }]);
  });

  it('comes with the end of the wave that it comes of, though that has passed no gate of its own', () => {
    const strategy = { type: 'canary' as const, count: 1, success_percent: 100 };
    expect(stopped(told({ strategy }, 3).fail('dev_0').rollout)).toMatchObject([
      { type: 'WaveCompleted', data: { wave: 0, gate: { gate: 'success', passed: false } } },
      { type: 'RolloutPaused', data: { gate: { gate: 'success', wave: 0 } } },
    ]);
  });

  it.each([
    ['of a wave that proved nothing', 'pause', 'RolloutPaused', (story: Story) => story.cancel('dev_0', 'declined')],
    ['of one that failed', 'pause', 'RolloutPaused', (story: Story) => story.fail('dev_0')],
    ['of one that failed', 'abort', 'RolloutAborted', (story: Story) => story.fail('dev_0')],
  ] as const)('is the gate %s also where the log has lost what it did: %s', (_, action, type, ends) => {
    const strategy = { type: 'canary' as const, count: 1, soak_s: 600, success_percent: 100 };
    const story = ends(told({ strategy, failure: { percent: 100, min_finished: 3, action } }, 3));
    const [end] = stopped(story.rollout);
    story.append(end!);
    expect(end?.type).toBe('WaveCompleted');
    expect(typesOf(story)).toEqual([type]);
    expect(story.decide()).toEqual([type]);
    expect(typesOf(story)).toEqual([]);
    if (action !== 'pause') return;
    story.ask('resume', { reason: 'it may' }).decide();
    expect(story.accepted.status).toBe('running');
    expect(typesOf(story)).toEqual([]);
  });

  it('holds what somebody has paused, whatever it is to do, and once', () => {
    const story = told({ failure: { count: 1, action: 'rollback' } }, 2);
    story.ask('pause').decide();
    expect(typesOf(story)).toEqual([]);
    expect(typesOf(story.fail('dev_0'))).toEqual(['RolloutPaused']);
    story.decide();
    expect(typesOf(story)).toEqual([]);
  });

  it('is a failure of a skipped wave too, where failures count in the whole rollout', () => {
    const spec = {
      strategy: { type: 'rolling' as const, batch_size: 2 },
      failure: { count: 1, per: 'rollout' as const },
    };
    const story = told(spec, 4);
    story.ask('skip', { reason: 'they never come back' }).decide();
    expect(typesOf(story.fail('dev_0'))).toEqual(['RolloutPaused']);
    const other = told({ ...spec, failure: { count: 1 } }, 4);
    other.ask('skip', { reason: 'they never come back' }).decide();
    expect(typesOf(other.fail('dev_0'))).toEqual([]);
  });
});
