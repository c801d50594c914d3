import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pipelined } from './pipelined.js';

describe('statements that are asked together', () => {
  it('give what each of them gives, in their order', async () => {
    expect(await pipelined(sleep(2, 'late'), Promise.resolve(1))).toEqual(['late', 1]);
  });

  it('fail with the error that came first, when all of them are over', async () => {
    let over = false;
    const late = sleep(20).then(() => {
      over = true;
      throw new Error('for the first one');
    });
    await expect(pipelined(late, Promise.reject(new Error('the first one')))).rejects.toThrow('the first one');
    expect(over).toBe(true);
  });

  it('fail with the cause, though its aftermath is heard of first', async () => {
    const aftermath = Object.assign(new Error('the transaction is aborted'), { code: '25P02' });
    const cause = sleep(5).then(() => Promise.reject(new Error('the cause')));
    await expect(pipelined(Promise.reject(aftermath), cause)).rejects.toThrow('the cause');
    await expect(pipelined(Promise.reject(aftermath), Promise.resolve())).rejects.toBe(aftermath);
  });
});
