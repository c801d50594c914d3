import { describe, expect, it } from 'vitest';
import type { FailureGate, RolloutStrategy } from '@edgeflow/contracts';
import { resourceOf } from './resource.js';
import { namesOf, Story } from './story.fixture.js';
import { noneWithheld } from './waiting-for.js';

const dataOf = ({ history }: Story, name: string) => history.findLast(({ type }) => type === name)?.data;

/** The devices of the wave that runs end, and nothing is learned of the image. @returns what is decided then */
function endedWithoutEvidence(story: Story, devices: readonly string[]): string[] {
  const [first, ...others] = devices;
  story.dispatch();
  for (const device of others) story.cancel(device, 'device-revoked');
  if (first !== undefined) story.cancel(first, 'cancelled');
  return story.decide();
}

const rest = { type: 'all_at_once' } as const;
const noEvidence = { gate: 'success', passed: false, code: 'no-evidence', wave: 0, finished: 0, action: 'pause' };

describe('a wave of which nobody has finished', () => {
  it.each<[string, RolloutStrategy, FailureGate?]>([
    ['of a canary with a threshold', { type: 'canary', count: 2, success_percent: 90 }],
    ['of a canary without one', { type: 'canary', count: 2, then: rest }],
    ['of a canary that may fail as it likes', { type: 'canary', count: 2, success_percent: 0 }],
    ['of a stage', { type: 'staged', waves: [{ count: 2 }, { count: 1 }] }],
    [
      'whose failures would roll it back',
      { type: 'canary', count: 2, success_percent: 90 },
      { count: 1, action: 'rollback' },
    ],
    ['whose failures would abort it', { type: 'canary', count: 2 }, { count: 1, action: 'abort' }],
  ])('%s is no pass: somebody has to decide', (_name, strategy, failure) => {
    const story = Story.started({ strategy, ...(failure && { failure }) }, 4);
    expect(endedWithoutEvidence(story, namesOf(2))).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(dataOf(story, 'RolloutPaused')).toMatchObject({ cause: 'gate', gate: noEvidence });
    expect(story.dispatch()).toEqual([]);
  });

  it('says every number, in its event, its wave and what it waits for', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 3, success_percent: 90 } }, 4);
    story.dispatch(2);
    story.refuse('dev_2', 'UpdateSkipped', 'already-on-target').cancel('dev_1', 'device-revoked');
    story.cancel('dev_0', 'cancelled').decide();
    const gate = {
      ...noEvidence,
      eligible: 3,
      skipped: 1,
      cancelled: 2,
      succeeded: 0,
      failed: 0,
      threshold_percent: 90,
    };
    expect(dataOf(story, 'WaveCompleted')).toMatchObject({ gate });
    const { state, waves, waiting_for, allowed_actions } = resourceOf(story.rollout, story.at, noneWithheld)!;
    expect(waiting_for).toMatchObject([{ reason: 'gate', code: 'no-evidence', gate }]);
    expect({ state, gate: waves[0]?.gate, allowed_actions }).toMatchObject({
      ...{ state: 'paused', gate, allowed_actions: ['resume', 'abort', 'rollback', 'skip', 'amend'] },
    });
  });

  it('is gone on from by who resumes, once for the wave', () => {
    const story = Story.started({ strategy: { type: 'staged', waves: [{ count: 2 }, { count: 1 }] } }, 4);
    endedWithoutEvidence(story, namesOf(2));
    story.ask('resume', { reason: 'they are in the lab' }).proceeds().thenTypes(['RolloutResumed', 'WaveStarted']);
    expect(dataOf(story, 'RolloutResumed')).toMatchObject({ gate: noEvidence, reason: 'they are in the lab' });
    // The next one is asked in its turn.
    expect(endedWithoutEvidence(story, ['dev_2'])).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(story.ask('resume', { reason: 'known' }).decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });

  it('that runs again since devices joined does not ask again', () => {
    const strategy: RolloutStrategy = { type: 'staged', waves: [{ percent: 100, success_percent: 50 }] };
    const story = Story.started({ strategy, membership: 'continuous' }, 1);
    expect(endedWithoutEvidence(story, ['dev_0'])).toEqual(['WaveCompleted', 'RolloutPaused']);
    expect(story.ask('resume', { reason: 'known' }).decide()).toEqual(['RolloutResumed', 'RolloutCompleted']);
    story.plan('forward', ['new_1'], { joined: true });
    expect(endedWithoutEvidence(story, ['new_1'])).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it.each<[string, RolloutStrategy]>([
    ['a batch', { type: 'rolling', batch_size: 2 }],
    ['the rest after a canary of the same size', { type: 'all_at_once' }],
  ])('and that is %s goes on: it was to prove nothing', (_name, strategy) => {
    const story = Story.started({ strategy }, 4);
    const types = endedWithoutEvidence(story, namesOf(strategy.type === 'rolling' ? 2 : 4));
    expect(types).not.toContain('RolloutPaused');
  });

  it('and that is the last of its rollout, without a threshold, completes it', () => {
    const strategy: RolloutStrategy = { type: 'staged', waves: [{ percent: 100 }] };
    const story = Story.started({ strategy }, 2);
    expect(endedWithoutEvidence(story, namesOf(2))).toEqual(['WaveCompleted', 'RolloutCompleted']);
  });

  it('is gone on over only by whoever has seen that: a resume that was asked before is refused, and the gate pauses after it', () => {
    const story = Story.started({ strategy: { type: 'canary', count: 1, then: { type: 'all_at_once' } } }, 2);
    story.dispatch();
    story.cancel('dev_0', 'device-removed');
    story.ask('resume', { reason: 'go' });
    expect(story.decide()).toEqual(['RolloutActionRefused', 'WaveCompleted', 'RolloutPaused']);
    expect(story.history.at(-1)?.data).toMatchObject({ gate: { code: 'no-evidence', wave: 0 } });
    story.ask('resume', { reason: 'seen' });
    expect(story.decide()).toEqual(['RolloutResumed', 'WaveStarted']);
  });
});

describe('a wave without devices', () => {
  it('is passed: there was nobody to learn from', () => {
    const story = Story.planned({ strategy: { type: 'canary', count: 2, success_percent: 90 } }, 0);
    expect(story.decide()).not.toContain('RolloutPaused');
    expect(story.rollout.status).toBe('completed');
  });
});
