import { describe, expect, it } from 'vitest';
import { Budget } from './budget.js';

const START = 1_000_000;

/** True when a message is within the budget, and then it is paid for. */
function pays(budget: Budget, bytes: number, now: number): boolean {
  const isThere = budget.wait({ messages: 1, bytes }, now) === 0;
  if (isThere) budget.charge({ messages: 1, bytes });
  return isThere;
}

describe('a budget', () => {
  it('pays for as many messages as it has for a minute, and for no more', () => {
    const budget = new Budget({ messages: 3, bytes: 1_000 });
    expect([1, 2, 3, 4].map(() => pays(budget, 10, START))).toEqual([true, true, true, false]);
  });

  it('pays for as many bytes, and still for what is small enough', () => {
    const budget = new Budget({ messages: 10, bytes: 100 });
    expect([80, 80, 20].map((bytes) => pays(budget, bytes, START))).toEqual([true, false, true]);
  });

  it('fills up steadily, to a minute’s worth', () => {
    const budget = new Budget({ messages: 60, bytes: 6_000 });
    for (let n = 0; n < 60; n++) pays(budget, 1, START);
    expect(pays(budget, 1, START + 999)).toBe(false);
    expect(pays(budget, 1, START + 1_000)).toBe(true);
    const paid = Array.from({ length: 100 }, () => pays(budget, 1, START + 3_600_000)).filter(Boolean);
    expect(paid).toHaveLength(60);
  });

  it('says how long a message has to wait', () => {
    const budget = new Budget({ messages: 60, bytes: 6_000 });
    expect(budget.wait({ messages: 1, bytes: 10 }, START)).toBe(0);
    pays(budget, 6_000, START);
    expect(budget.wait({ messages: 1, bytes: 600 }, START)).toBe(6_000);
    expect(budget.wait({ messages: 1, bytes: 6_001 }, START)).toBe(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 59; n++) pays(budget, 0, START);
    expect(budget.wait({ messages: 1, bytes: 0 }, START)).toBe(1_000);
  });

  it('does not grow when the clock is set back', () => {
    const budget = new Budget({ messages: 1, bytes: 10 });
    expect(pays(budget, 1, START)).toBe(true);
    expect(pays(budget, 1, START - 600_000)).toBe(false);
  });
});
