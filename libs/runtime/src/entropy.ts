/**
 * Chance, as a program takes it from its machine. It comes in by constructor, as the clock does. A reason says in a word what a draw is for:
 * of two runs that should be the same the first draw that differs has a name then. An abstract class, so that Nest can provide it by its type.
 */
export abstract class Entropy {
  /** A UUID of version 4. */
  abstract uuid(): string;

  /** A number from 0 on, less than 1. For what may be guessed. */
  abstract random(reason: string): number;

  /** Bytes that nobody can guess. */
  abstract bytes(length: number, reason: string): Buffer;
}

/** An integer from `from` on, less than `to`. */
export function integerBetween(entropy: Pick<Entropy, 'random'>, from: number, to: number, reason: string): number {
  return from + Math.floor(entropy.random(reason) * (to - from));
}
