import { systemMachine } from '@edgeflow/runtime';
import { describe, expect, it } from 'vitest';
import { backoff, untilAnswered } from './until-answered.js';

const away = new Error('away');
const isAway = (error: unknown): boolean => error === away;

function failing(times: number, error: Error): () => Promise<string> {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(error) : Promise.resolve('done'));
}

describe('what a service stands on', () => {
  it('is asked again while it is away', async () => {
    await expect(untilAnswered('it', failing(2, away), isAway, systemMachine)).resolves.toBe('done');
  });

  it('is not asked again when the question is wrong', async () => {
    const wrong = new Error('wrong');
    await expect(untilAnswered('it', failing(1, wrong), isAway, systemMachine)).rejects.toBe(wrong);
  });

  it('is left alone for longer each time, ten seconds at most', () => {
    for (const [failures, longest] of [
      [0, 100],
      [3, 800],
      [30, 10_000],
      [5_000, 10_000],
    ] as const) {
      const wait = backoff(failures, systemMachine.entropy);
      expect(wait).toBeLessThanOrEqual(longest);
      expect(wait).toBeGreaterThanOrEqual(longest / 2);
      expect(wait).toBe(Math.round(wait));
    }
  });

  it('is asked again when the clock says, by what chance has drawn', async () => {
    const slept: number[] = [];
    const clock = { sleep: async (ms: number) => void slept.push(ms), steady_ms: () => 0 };
    const entropy = { random: () => 0.5 };
    await untilAnswered('it', failing(3, away), isAway, { clock, entropy });
    expect(slept).toEqual([75, 150, 300]);
  });
});
