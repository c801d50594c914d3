import { describe, expect, it } from 'vitest';
import { ratios } from './compare.mjs';

const row = (more) => ({ bench: 'dispatch', size: 100, what: 'rollout', unit: 'devices/s', ours: 50, ...more });

describe('a run beside another one', () => {
  it('is told in ratios, this one divided by the other', () => {
    const costs = (all, events) => ({ costs: { cpu_ms: { all, nats: all / 2 }, events, nats_in: 4 } });
    expect(ratios([row({ ours: 100, ...costs(3, 5) })], [row(costs(6, 10))])).toEqual([
      { bench: 'dispatch', size: 100, what: 'rollout', ratios: { ours: 2, cpu_ms: 0.5, events: 0.5, nats_in: 1 } },
    ]);
  });

  it('leaves out what only one of them measured', () => {
    const other = [row({ size: 1_000 }), row({ what: 'frame', ours: undefined, p50: 2, p99: 4 })];
    expect(ratios([row({ p99: 3 }), row({ what: 'frame', ours: undefined, p50: 3 })], other)).toEqual([
      { bench: 'dispatch', size: 100, what: 'frame', ratios: { p50: 1.5 } },
    ]);
  });

  it('has no ratio to nothing', () => {
    expect(ratios([row()], [row({ ours: 0 })])[0].ratios).toEqual({});
  });
});
