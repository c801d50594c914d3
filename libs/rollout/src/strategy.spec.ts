import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refused, type RolloutStrategy } from '@edgeflow/contracts';
import { isShare, percentOf, shareOf } from './percent.js';
import { planRollout } from './plan-rollout.js';
import { specWith } from './story.fixture.js';
import { MAX_WAVES, rollbackWaveSize, wavesOf } from './strategy.js';

const sizes = (strategy: RolloutStrategy, eligible: number) => wavesOf(strategy, eligible).map((wave) => wave.eligible);
const soaks = (strategy: RolloutStrategy, eligible: number) => wavesOf(strategy, eligible).map(({ soak_s }) => soak_s);

describe('the sizes of the waves', () => {
  it.each<[string, RolloutStrategy, number, number[]]>([
    ['all at once', { type: 'all_at_once' }, 7, [7]],
    ['all of nobody', { type: 'all_at_once' }, 0, [0]],
    ['batches', { type: 'rolling', batch_size: 3 }, 7, [3, 3, 1]],
    ['batches that fit', { type: 'rolling', batch_size: 3 }, 6, [3, 3]],
    ['one batch that is larger than the fleet', { type: 'rolling', batch_size: 100 }, 7, [7]],
    ['batches of nobody', { type: 'rolling', batch_size: 3 }, 0, [0]],
    ['batches in percent, rounded up', { type: 'rolling', batch_percent: 30 }, 7, [3, 3, 1]],
    ['batches of less than one device', { type: 'rolling', batch_percent: 0.01 }, 3, [1, 1, 1]],
    ['batches of 100 %', { type: 'rolling', batch_percent: 100 }, 7, [7]],
    ['a canary in percent, rounded up', { type: 'canary', percent: 1 }, 101, [2, 99]],
    ['a canary of less than one device', { type: 'canary', percent: 0.01 }, 10, [1, 9]],
    ['a canary by number', { type: 'canary', count: 3 }, 10, [3, 7]],
    ['a canary that is larger than the fleet', { type: 'canary', count: 30 }, 10, [10, 0]],
    ['a canary of nobody', { type: 'canary', percent: 10 }, 0, [0, 0]],
    [
      'a canary, then batches in percent of all',
      { type: 'canary', percent: 10, then: { type: 'rolling', batch_percent: 50 } },
      10,
      [1, 5, 4],
    ],
    ['stages, and what is left', { type: 'staged', waves: [{ percent: 10 }, { count: 3 }] }, 10, [1, 3, 6]],
    ['stages of all', { type: 'staged', waves: [{ percent: 50 }, { percent: 50 }] }, 5, [3, 2]],
    ['stages beyond all', { type: 'staged', waves: [{ percent: 100 }, { percent: 10 }] }, 5, [5, 0]],
    ['stages of nobody', { type: 'staged', waves: [{ percent: 100 }, { count: 1 }] }, 0, [0, 0]],
  ])('%s', (_name, strategy, eligible, expected) => {
    expect(sizes(strategy, eligible)).toEqual(expected);
  });

  it('add up to all eligible devices, and none is negative', () => {
    const share = fc.oneof(
      fc.record({ percent: fc.double({ min: 0.01, max: 100, noNaN: true }) }),
      fc.record({ count: fc.integer({ min: 1, max: 50 }) }),
    );
    const any: fc.Arbitrary<RolloutStrategy> = fc.oneof(
      fc.integer({ min: 1, max: 50 }).map((batch_size): RolloutStrategy => ({ type: 'rolling', batch_size })),
      share.map((canary): RolloutStrategy => ({ type: 'canary', ...canary, then: { type: 'rolling', batch_size: 7 } })),
      fc.array(share, { minLength: 1, maxLength: 10 }).map((waves): RolloutStrategy => ({ type: 'staged', waves })),
    );
    fc.assert(
      fc.property(any, fc.integer({ min: 0, max: 500 }), (strategy, eligible) => {
        const all = sizes(strategy, eligible);
        expect(all.reduce((sum, n) => sum + n, 0)).toBe(eligible);
        expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the pauses between the waves', () => {
  it('follow every batch but the last', () => {
    expect(soaks({ type: 'rolling', batch_size: 1, pause_between_s: 60 }, 3)).toEqual([60, 60, 0]);
  });

  it('follow the canary, and then the batches', () => {
    const then: RolloutStrategy = { type: 'rolling', batch_size: 5, pause_between_s: 60 };
    expect(soaks({ type: 'canary', count: 1, soak_s: 600, then }, 11)).toEqual([600, 60, 0]);
  });

  it('come with the success threshold of a stage', () => {
    const strategy: RolloutStrategy = { type: 'staged', waves: [{ count: 1, soak_s: 5, success_percent: 0 }] };
    expect(wavesOf(strategy, 2)).toEqual([
      { eligible: 1, soak_s: 5, success_percent: 0 },
      { eligible: 1, soak_s: 0 },
    ]);
  });
});

describe('the number of waves', () => {
  const plan = (eligible: number) => () =>
    planRollout(
      'rol_1',
      {
        request_id: 'req_1',
        spec: specWith({ strategy: { type: 'rolling', batch_size: 1 } }),
        ref: { id: 'e', correlation_id: 'e' },
      },
      { eligible, excluded: {} },
    );

  it(`may be ${MAX_WAVES}`, () => {
    expect(plan(MAX_WAVES)().waves).toHaveLength(MAX_WAVES);
  });

  it('may not be one more', () => {
    expect(plan(MAX_WAVES + 1)).toThrow(Refused);
    expect(plan(MAX_WAVES + 1)).toThrow('too-many-waves');
  });
});

describe('the waves of the way back', () => {
  it.each<[RolloutStrategy, number]>([
    [{ type: 'all_at_once' }, Infinity],
    [{ type: 'rolling', batch_size: 4 }, 4],
    [{ type: 'rolling', batch_percent: 25 }, 3],
    [{ type: 'canary', percent: 1 }, Infinity],
    [{ type: 'canary', percent: 1, then: { type: 'rolling', batch_size: 4 } }, 4],
    [{ type: 'staged', waves: [{ count: 1 }] }, Infinity],
  ])('of %j are of %d devices', (strategy, expected) => {
    expect(rollbackWaveSize(strategy, 10)).toBe(expected);
  });
});

describe('a percentage', () => {
  it('is compared as it is written, however it is stored', () => {
    expect(shareOf(0.07, 10_000)).toBe(7);
    expect(isShare(7, 10_000, 0.07)).toBe(true);
    expect(isShare(699, 1_000_000, 0.07)).toBe(false);
    expect(isShare(1, 3, 33.333333)).toBe(true);
    expect(isShare(99_999, 100_000, 99.9999)).toBe(false);
  });

  it('of nothing is reached, and shown as 0', () => {
    expect(isShare(0, 0, 100)).toBe(true);
    expect(percentOf(0, 0)).toBe(0);
    expect(percentOf(1, 3)).toBe(33.33);
  });
});
