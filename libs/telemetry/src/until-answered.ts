import { messageOf } from '@edgeflow/contracts/plain';
import type { Clock, Entropy } from '@edgeflow/runtime';
import { warnSparsely } from './sparse-warning.js';

/** What waiting takes from a machine. */
interface Waiting {
  clock: Pick<Clock, 'sleep' | 'steady_ms'>;
  entropy: Pick<Entropy, 'random'>;
}

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/**
 * How long to wait before another try, in whole milliseconds (NATS takes no fraction of a nanosecond): doubling from 100 ms to 10 s, half of
 * it random, so that those who wait for the same thing spread. Devices have a window of their own, which their gateway sends.
 * @param failures so many tries have failed, less one: 0, 1, …
 */
export function backoff(failures: number, entropy: Pick<Entropy, 'random'>): number {
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
  return Math.round((longest * (1 + entropy.random('backoff'))) / 2);
}

/**
 * Asks what a service stands on again and again, with a log line, until it answers: services may start in any order.
 * @param name as people know it: `Postgres`
 * @param isAway whether an error says that it is away, and not that the question is wrong
 * @throws what `ask` threw, where it is not away
 */
export async function untilAnswered<T>(
  name: string,
  ask: () => Promise<T>,
  isAway: (error: unknown) => boolean,
  { clock, entropy }: Waiting,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      const reason = messageOf(error);
      warnSparsely(name, { reason }, `${name} does not answer; trying again`, clock);
      await clock.sleep(backoff(failures, entropy));
    }
  }
}
