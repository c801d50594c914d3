/** Runs `work` `rounds` times after one warm-up and gives the median rate: `count` things per second. */
export async function rate(count, work, rounds = 5) {
  await work('warm-up');
  const seconds = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work(String(round));
    seconds.push((performance.now() - start) / 1000);
  }
  return count / seconds.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}
