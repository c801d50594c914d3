import { describe, expect, it } from 'vitest';
import { FaultPlan } from './fault-plan.js';
import { SeededEntropy } from './seeded-entropy.js';

const kinds = {
  crash: { rate: [0.01, 1] },
  partition: { on: 0.1, rate: [0, 60_000] },
  delay: { rate: [0.5, 0.5] },
} as const;

describe('the faults of a history', () => {
  it('are a subset that the seed draws, each as often as it says', () => {
    const counts = { crash: 0, partition: 0, delay: 0 };
    const subsets = new Set<string>();
    for (let seed = 0; seed < 1_000; seed += 1) {
      const drawn = FaultPlan.draw(new SeededEntropy(seed), kinds);
      for (const kind of drawn) counts[kind] += 1;
      subsets.add(drawn.join());
    }
    expect(subsets.size).toBe(8);
    expect(Math.abs(counts.crash - 500)).toBeLessThan(60);
    expect(Math.abs(counts.partition - 100)).toBeLessThan(40);
  });

  it('have a rate each, of any order of magnitude', () => {
    const rates = Array.from({ length: 1_000 }, (_, seed) => {
      const plan = FaultPlan.of(new SeededEntropy(seed), kinds, ['crash', 'partition']);
      expect([plan.rate('delay'), plan.on]).toEqual([0, ['crash', 'partition']]);
      return plan.rate('crash');
    });
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0.01);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1);
    expect(Math.abs(rates.filter((rate) => rate < 0.1).length - 500)).toBeLessThan(60);
  });

  it('change nothing for the others when they are left out', () => {
    const strikes = (faults: string[]): boolean[] => {
      const plan = FaultPlan.of(new SeededEntropy(1), kinds, faults);
      return Array.from({ length: 200 }, () => {
        plan.strikes('crash');
        return plan.strikes('delay');
      });
    };
    expect(strikes(['delay'])).toEqual(strikes(['delay', 'crash']));
    expect(strikes(['delay'])).toContain(true);
    expect(strikes(['delay'])).toContain(false);
    expect(strikes(['crash'])).not.toContain(true);
  });

  it('are known by name', () => {
    expect(() => FaultPlan.of(new SeededEntropy(1), kinds, ['flood'])).toThrow('no such fault: flood');
  });
});
