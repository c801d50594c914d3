import { describe, expect, it } from 'vitest';
import { Story } from './story.fixture.js';
import { completion, runningWaves } from './wave-end.js';

const strategy = { type: 'canary' as const, count: 2, success_percent: 50 };

describe('a wave', () => {
  it('runs from its start to its end', () => {
    expect(runningWaves(Story.planned({ strategy, approval: 'start' }, 4).accepted)).toEqual([]);
    const story = Story.started({ strategy }, 4);
    expect(runningWaves(story.accepted)).toEqual([0]);
    story.succeed(...story.dispatch()).decide();
    expect(runningWaves(story.accepted)).toEqual([1]);
  });

  it('ends with its last device, and says what its gate does', () => {
    const story = Story.started({ strategy }, 4);
    story.dispatch();
    expect(completion(story.succeed('dev_0').accepted, 'forward', 0)).toEqual([]);
    expect(completion(story.fail('dev_1').accepted, 'forward', 0)).toMatchObject([
      {
        type: 'WaveCompleted',
        data: {
          stage: 'forward',
          wave: 0,
          numbers: { succeeded: 1, failed: 1 },
          gate: { gate: 'success', passed: true },
        },
      },
    ]);
    expect(completion(story.accepted, 'forward', 1)).toEqual([]);
    expect(completion(story.accepted, 'forward', 7)).toEqual([]);
  });

  it('ends once', () => {
    const story = Story.started({ strategy }, 4);
    story.succeed(...story.dispatch()).decide();
    expect(completion(story.accepted, 'forward', 0)).toEqual([]);
  });
});
