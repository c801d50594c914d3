import { describe, expect, it } from 'vitest';
import { UnfoldedBatches } from './unfolded-batches.js';

const acme = { org: 'acme', rollout_id: 'rol_1' };
const globex = { org: 'globex', rollout_id: 'rol_1' };

describe('batches that are not folded', () => {
  it('count for their rollout until the rows show them', () => {
    const unfolded = new UnfoldedBatches();
    unfolded.add(acme, { last: 7, devices: ['dev_1'] });
    unfolded.add(acme, { last: 9, devices: ['dev_2'] });
    expect(unfolded.of(acme, 6)).toEqual({ devices: ['dev_1', 'dev_2'], full: false });
    expect(unfolded.of(acme, 7)).toEqual({ devices: ['dev_2'], full: false });
    expect(unfolded.of(acme, 9)).toEqual({ devices: [], full: false });
  });

  it('fill their rollout when there are four', () => {
    const unfolded = new UnfoldedBatches();
    for (const last of [1, 2, 3, 4]) unfolded.add(acme, { last, devices: [] });
    expect(unfolded.of(acme, 0).full).toBe(true);
  });

  it('are not remembered for ever of a rollout that nobody asks for any more', () => {
    const unfolded = new UnfoldedBatches();
    unfolded.add(acme, { last: 7, devices: ['dev_1'] });
    unfolded.add(globex, { last: 9, devices: ['dev_2'] });
    unfolded.forget(8);
    expect(unfolded.of(acme, 0).devices).toEqual([]);
    expect(unfolded.of(globex, 0).devices).toEqual(['dev_2']);
  });

  it('are forgotten altogether where the log is another one', () => {
    const unfolded = new UnfoldedBatches();
    unfolded.add(acme, { last: 7, devices: ['dev_1'] });
    unfolded.forget();
    expect(unfolded.of(acme, 0).devices).toEqual([]);
  });

  it('do not count for the rollout of the same id in another organization', () => {
    const unfolded = new UnfoldedBatches();
    for (const last of [1, 2, 3, 4]) unfolded.add(acme, { last, devices: ['dev_1'] });
    expect(unfolded.of(globex, 0)).toEqual({ devices: [], full: false });
    expect(unfolded.of(acme, 0).devices).toHaveLength(4);
  });
});
