import { quantile } from './measure.mjs';

export const ROUNDS = 3;

/** Runs `work` so many times after one to warm up and gives the median rate: `count` things a second. */
export async function rate(count, work) {
  await work('warm-up');
  const seconds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    await work(String(round));
    seconds.push((performance.now() - start) / 1_000);
  }
  return count / quantile(seconds, 0.5);
}
