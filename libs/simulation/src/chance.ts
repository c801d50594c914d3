import { integerBetween, type Entropy } from '@edgeflow/runtime';

type Chance = Pick<Entropy, 'random'>;

/** Whether something happens that happens so often, from 0 (never) to 1 (always). */
export function chance(entropy: Chance, share: number, reason: string): boolean {
  return entropy.random(reason) < share;
}

/** One of them. @throws RangeError when there is none */
export function pick<T>(entropy: Chance, from: readonly T[], reason: string): T {
  if (from.length === 0) throw new RangeError(`nothing to pick from: ${reason}`);
  return from[integerBetween(entropy, 0, from.length, reason)] as T;
}

/** One of them, each as often as its weight says. @throws RangeError when no weight is more than 0 */
export function weighted<T>(entropy: Chance, from: readonly (readonly [T, number])[], reason: string): T {
  let left = entropy.random(reason) * from.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [one, weight] of from) {
    if (left < weight) return one;
    left -= weight;
  }
  throw new RangeError(`nothing to pick from: ${reason}`);
}

/** All of them in another order (Fisher and Yates, as in Knuth, TAOCP 3.4.2 P). */
export function shuffle<T>(entropy: Chance, from: readonly T[], reason: string): T[] {
  const shuffled = [...from];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = integerBetween(entropy, 0, last + 1, reason);
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
