import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { AlreadyAppended, Conflict } from '../errors.js';
import { onFreshLanes } from './fresh-lanes.js';

/** Fails with these errors, one after the other, then gives how often it was tried. */
function failing(...errors: Error[]): () => Promise<number> {
  let tries = 0;
  return async () => {
    const error = errors[tries++];
    if (error) throw error;
    return tries;
  };
}

const moved = () => new Conflict(['ota.acme.device.d.>']);

describe('a decision on fresh lanes', () => {
  it('is made again when somebody else was faster, however that shows', async () =>
    expect(await onFreshLanes(failing(moved(), new AlreadyAppended([]), moved(), moved()))).toBe(5));
  it('is made five times at most', () =>
    expect(onFreshLanes(failing(...Array.from({ length: 5 }, moved)))).rejects.toBeInstanceOf(Conflict));
  it('is not made again for anything else', () =>
    expect(onFreshLanes(failing(new Refused('log-full')))).rejects.toMatchObject({ code: 'log-full' }));
});
