import { Refused } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { AlreadyAppended, Conflict } from '../errors.js';
import { DECISIONS_MAX, onFreshStreams } from './fresh-streams.js';

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

describe('a decision on fresh streams', () => {
  it('is made again when somebody else was faster, however that shows', async () =>
    expect(await onFreshStreams(failing(moved(), new AlreadyAppended([]), moved(), moved()))).toBe(5));
  it('is made so often and no more', () =>
    expect(onFreshStreams(failing(...Array.from({ length: DECISIONS_MAX }, moved)))).rejects.toBeInstanceOf(Conflict));
  it('is made once more before that', async () =>
    expect(await onFreshStreams(failing(...Array.from({ length: DECISIONS_MAX - 1 }, moved)))).toBe(DECISIONS_MAX));
  it('is not made again for anything else', () =>
    expect(onFreshStreams(failing(new Refused('log-full')))).rejects.toMatchObject({ code: 'log-full' }));
});
