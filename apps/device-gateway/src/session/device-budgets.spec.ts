import { systemClock } from '@edgeflow/runtime';
import { shiftClock } from '@edgeflow/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { DeviceBudget } from './device-budgets.js';

let setRight: () => void = () => undefined;
afterEach(() => setRight());

describe('what a device may have written', () => {
  it('comes again in time, also when the clock of the machine is set back', async () => {
    const budget = new DeviceBudget(60_000, systemClock);
    expect(budget.spend(30_000)).toBe(true);
    setRight = shiftClock(-3_600_000);
    await expect.poll(() => budget.spend(1)).toBe(true);
  });
});
