import type { Clock } from '@edgeflow/runtime';
import { violationOf, type Outcome, type Scenario, type Violation, type World } from './scenario.js';

export interface RunSeedsOptions {
  world: World;
  /** May be without an end when there is a time. */
  seeds: Iterable<number>;
  /** No history begins after so long. */
  for_ms?: number | undefined;
  /** The machine's: histories are counted by the minute. */
  clock: Clock;
  /** No history begins after so many failed ones. Default: 10. */
  failures_max?: number | undefined;
  onFailure?: ((failure: Failure) => Promise<void> | void) | undefined;
  /** Now and then. */
  onProgress?: ((tally: Tally) => void) | undefined;
  /** How often that is. Default: 5 s. */
  progress_ms?: number | undefined;
}

export interface Failure {
  scenario: Scenario;
  outcome: Outcome;
  violation: Violation;
}

/** What came of many histories. */
export interface Tally {
  histories: number;
  failed: { seed: number; invariant: string }[];
  steps: number;
  draws: number;
  virtual_ms: number;
  elapsed_ms: number;
  /** What the processes have had of their processors. */
  cpu_ms: number;
  counts: Record<string, number>;
  heap_bytes: number;
}

/**
 * Runs the history of each seed, one after the other. Of those that hold only sums are kept; one that fails is run once more, with the stacks of
 * its errors, which take a tenth of the time of all the others.
 */
export async function runSeeds(options: RunSeedsOptions): Promise<Tally> {
  const { world, seeds, clock, for_ms = Infinity, failures_max = 10, progress_ms = 5_000 } = options;
  const began = clock.steady_ms();
  const tally = emptyTally();
  const used = process.cpuUsage();
  let told = began;
  for (const seed of seeds) {
    tally.elapsed_ms = clock.steady_ms() - began;
    if (tally.elapsed_ms >= for_ms || tally.failed.length >= failures_max) break;
    if (began + tally.elapsed_ms - told >= progress_ms) {
      told = began + tally.elapsed_ms;
      options.onProgress?.(measured(tally, used));
    }
    const scenario = world.draw(seed);
    const outcome = await withoutStacks(() => world.run(scenario));
    add(tally, outcome);
    const violation = violationOf(outcome);
    if (!violation) continue;
    tally.failed.push({ seed, invariant: violation.invariant });
    const again = await world.run(scenario);
    const seen = violationOf(again);
    await options.onFailure?.(seen ? { scenario, outcome: again, violation: seen } : { scenario, outcome, violation });
  }
  tally.elapsed_ms = clock.steady_ms() - began;
  return measured(tally, used);
}

/** Two tallies of runs beside each other as one. */
export function together(one: Tally, other: Tally): Tally {
  const sum: Tally = { ...one, counts: { ...one.counts }, failed: [...one.failed, ...other.failed] };
  for (const key of ['histories', 'steps', 'draws', 'virtual_ms', 'heap_bytes', 'cpu_ms'] as const)
    sum[key] += other[key];
  for (const [what, count] of Object.entries(other.counts)) sum.counts[what] = (sum.counts[what] ?? 0) + count;
  sum.elapsed_ms = Math.max(one.elapsed_ms, other.elapsed_ms);
  return sum;
}

export function emptyTally(): Tally {
  const nothing = { histories: 0, steps: 0, draws: 0, virtual_ms: 0, elapsed_ms: 0, cpu_ms: 0, heap_bytes: 0 };
  return { ...nothing, failed: [], counts: {} };
}

/** Errors that come about meanwhile do not say where. */
async function withoutStacks<T>(run: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function add(tally: Tally, { steps, draws, virtual_ms, counts }: Outcome): void {
  tally.histories += 1;
  tally.steps += steps;
  tally.draws += draws;
  tally.virtual_ms += virtual_ms;
  for (const [what, count] of Object.entries(counts)) tally.counts[what] = (tally.counts[what] ?? 0) + count;
}

/** @param since what had been used of the processor before */
function measured(tally: Tally, since: NodeJS.CpuUsage): Tally {
  const { user, system } = process.cpuUsage(since);
  return Object.assign(tally, { heap_bytes: process.memoryUsage().heapUsed, cpu_ms: (user + system) / 1_000 });
}
