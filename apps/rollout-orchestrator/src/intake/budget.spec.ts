import { describe, expect, it } from 'vitest';
import { Budget } from './budget.js';

const START = 1_000_000;

describe('the budget of an organization', () => {
  it('pays for as many requests as it has for a minute, and for no more', () => {
    const budget = new Budget({ requests: 3, bytes: 1_000 });
    expect([1, 2, 3, 4].map(() => budget.pays(10, START))).toEqual([true, true, true, false]);
  });

  it('pays for as many bytes, and still for what is small enough', () => {
    const budget = new Budget({ requests: 10, bytes: 100 });
    expect([80, 80, 20].map((bytes) => budget.pays(bytes, START))).toEqual([true, false, true]);
  });

  it('fills up steadily, to a minute’s worth', () => {
    const budget = new Budget({ requests: 60, bytes: 6_000 });
    for (let n = 0; n < 60; n++) budget.pays(1, START);
    expect(budget.pays(1, START + 999)).toBe(false);
    expect(budget.pays(1, START + 1_000)).toBe(true);
    const paid = Array.from({ length: 100 }, () => budget.pays(1, START + 3_600_000)).filter(Boolean);
    expect(paid).toHaveLength(60);
  });

  it('says how long a message has to wait', () => {
    const budget = new Budget({ requests: 60, bytes: 6_000 });
    expect(budget.wait(10, START)).toBe(0);
    budget.pays(6_000, START);
    expect(budget.wait(600, START)).toBe(6_000);
    expect(budget.wait(6_001, START)).toBe(Number.POSITIVE_INFINITY);
    for (let n = 0; n < 59; n++) budget.pays(0, START);
    expect(budget.wait(0, START)).toBe(1_000);
  });

  it('does not grow when the clock is set back', () => {
    const budget = new Budget({ requests: 1, bytes: 10 });
    expect(budget.pays(1, START)).toBe(true);
    expect(budget.pays(1, START - 600_000)).toBe(false);
  });
});
