import { describe, expect, it } from 'vitest';
import { Arrivals } from './arrivals.js';

const at = new Date('2026-11-29T00:00:00Z');

describe('looks for devices that have come', () => {
  it('are due at first, and not again while nothing has come', () => {
    const arrivals = new Arrivals();
    expect(arrivals.due('acme/rol_1', at)).toBe(true);
    expect(arrivals.due('acme/rol_1', at)).toBe(false);
  });

  it('are not remembered of rollouts that are over', () => {
    const arrivals = new Arrivals();
    for (const rollout of ['acme/rol_1', 'acme/rol_2']) arrivals.due(rollout, at);
    arrivals.keep(new Set(['acme/rol_2']));
    expect(arrivals.due('acme/rol_1', at)).toBe(true);
    expect(arrivals.due('acme/rol_2', at)).toBe(false);
  });
});
