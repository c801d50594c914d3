import { describe, expect, it } from 'vitest';
import { AlreadyAppended, Conflict } from '../errors.js';
import { splitRefused } from './split-refused.js';

const parts = ['a', 'b', 'c', 'd', 'e'];
const split = (error: Conflict | AlreadyAppended): unknown => splitRefused(parts, error, (part) => [part, `${part}-2`]);

describe('a batch of many authors that was refused', () => {
  it('goes on without those whose streams have moved on, all the others together', () => {
    expect(split(new Conflict(['b', 'd-2']))).toEqual({ moved: ['b', 'd'], again: [['a', 'c', 'e']] });
  });

  it('goes on in halves where the log does not say whose streams they are', () => {
    const halves = {
      moved: [],
      again: [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
    };
    expect(split(new Conflict(parts))).toEqual(halves);
    expect(split(new Conflict([]))).toEqual(halves);
    expect(split(new Conflict(['somebody-else']))).toEqual(halves);
  });

  it('goes on in halves where some of it is in the log already', () => {
    expect(split(new AlreadyAppended(['b']))).toMatchObject({ moved: [], again: [{ length: 3 }, { length: 2 }] });
  });
});
