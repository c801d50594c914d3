import { fork } from 'node:child_process';
import { emptyTally, together, type Tally } from '../run-seeds.js';
import type { Program } from './program.js';
import { progressWords } from './words.js';

/**
 * Runs this program again, so many times, each with its part of the seeds. What they find they print themselves.
 * @throws Error when one of them ends without a word
 */
export async function inParts(args: readonly string[], cores: number, { print, clock }: Program): Promise<Tally> {
  const tallies = new Array<Tally>(cores).fill(emptyTally());
  const sum = (): Tally => tallies.reduce(together);
  const stop = clock.every(5_000, () => print(progressWords(sum())));
  try {
    await Promise.all(tallies.map((_, index) => part(args, `${index}/${cores}`, (tally) => (tallies[index] = tally))));
  } finally {
    stop();
  }
  return sum();
}

function part(args: readonly string[], name: string, tell: (tally: Tally) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1] as string, [...args, '--part', name]);
    child.on('message', (tally) => tell(tally as Tally));
    child.on('error', reject);
    // 1: something was violated, which it has told.
    child.on('exit', (code) =>
      code === 0 || code === 1 ? resolve() : reject(new Error(`part ${name} ended with ${code}`)),
    );
  });
}
