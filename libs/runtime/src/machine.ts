import type { Clock } from './clock.js';
import type { Entropy } from './entropy.js';
import { systemClock } from './system-clock.js';
import { systemEntropy } from './system-entropy.js';

/** What is different each time a program runs, though it does the same. An abstract class, so that Nest can provide it by its type. */
export abstract class Machine {
  abstract readonly clock: Clock;
  abstract readonly entropy: Entropy;
}

/** The machine that this process runs on: for composition roots, which hand it in. */
export const systemMachine: Machine = { clock: systemClock, entropy: systemEntropy };
