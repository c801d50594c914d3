import { describe, expect, it } from 'vitest';
import { Faults } from './faults.js';

describe('the faults of events', () => {
  it('are counted by event, and anew once it is done with', () => {
    const faults = new Faults();
    expect([faults.add(1), faults.add(2), faults.add(1)]).toEqual([1, 1, 2]);
    faults.forget(1);
    expect([faults.add(1), faults.add(2)]).toEqual([1, 2]);
  });

  it('are forgotten of what has not failed for longest, once there are a thousand others', () => {
    const faults = new Faults();
    faults.add(0);
    for (let position = 1; position <= 999; position++) faults.add(position);
    expect(faults.add(0)).toBe(2);
    faults.add(1_000);
    expect([faults.add(0), faults.add(1)]).toEqual([3, 1]);
  });
});
