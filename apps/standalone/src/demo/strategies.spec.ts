import { parseSpec, wavesOf } from '@edgeflow/rollout';
import { describe, expect, it } from 'vitest';
import { SHOWN } from './options.js';
import { specOf } from './strategies.js';

const SIZES = [1, 2, 10, 30, 100, 500, 10_000];
const every = SHOWN.flatMap((strategy) => SIZES.map((devices) => ({ strategy, devices })));

describe('the rollout of the demo', () => {
  it.each(every)('is one that the orchestrator takes: $strategy, $devices devices', ({ strategy, devices }) => {
    const spec = specOf({ strategy, devices, bad: false });
    expect(parseSpec(spec)).toEqual(spec);
  });

  it.each(every.filter(({ devices }) => devices >= 10))(
    'judges the first wave before it is over: $strategy, $devices devices',
    ({ strategy, devices }) => {
      const { strategy: parameters, failure } = specOf({ strategy, devices, bad: true });
      const [first] = wavesOf(parameters, devices);
      expect(failure?.min_finished).toBeLessThanOrEqual(first?.eligible ?? 0);
      expect(first?.eligible).toBeLessThanOrEqual(strategy === 'all_at_once' ? devices : Math.ceil(devices / 2));
    },
  );

  it('has a canary of a tenth, and of a small fleet more', () => {
    const canary = (devices: number): unknown => specOf({ strategy: 'canary', devices, bad: false }).strategy.count;
    expect([30, 100, 500].map(canary)).toEqual([11, 20, 50]);
  });
});
