import { describe, expect, it } from 'vitest';
import { systemClock } from '@edgeflow/runtime';
import { RowsState } from './rows-state.js';

const at = (position: number, generation = 'first') => ({ generation, position, alarm: null, rebuild: null });

describe('what is known of rows', () => {
  const known = (): RowsState => {
    const rows = new RowsState('spec', () => undefined, systemClock);
    rows.saw(at(10));
    return rows;
  };

  it('is not taken back by an answer that a commit has overtaken', () => {
    const rows = known();
    rows.saw(at(7), 5);
    expect(rows.position).toBe(10);
  });

  it('is what they are when they are not as far as before anybody looked', () => {
    const rows = known();
    rows.saw(at(7), 10);
    expect(rows.position).toBe(7);
  });

  it('is nothing but what others are that have come in their place', () => {
    const rows = known();
    rows.saw(at(3, 'second'));
    expect(rows.position).toBe(3);
  });
});
