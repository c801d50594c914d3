import { CheckedDraws, Diverged, RecordedDraws } from './draws.js';
import { foreignWorkIn } from './foreign-work.js';
import type { Outcome, Run, Scenario } from './scenario.js';
import type { TraceEntry } from './trace.js';

/** What came of a scenario that was run twice. */
export interface RunTwice {
  /** Of the first run. */
  outcome: Outcome;
  /** Why the second is another: the first draw that differs, by its reason, or the first line of the trace; or what of the real world came into it. */
  divergence: string | undefined;
}

/** Runs a scenario twice: the same has to come of it. */
export async function runTwice(run: Run, scenario: Scenario): Promise<RunTwice> {
  const recorded = new RecordedDraws();
  const outcome = await run(scenario, { draws: recorded, keeps_trace: true });
  const checked = new CheckedDraws(recorded.draws);
  try {
    const { result: second, foreign } = await foreignWorkIn(() => run(scenario, { draws: checked, keeps_trace: true }));
    checked.end();
    if (second.trace_hash !== outcome.trace_hash) return { outcome, divergence: differenceOf(outcome, second) };
    const came = `the real world came into it: ${foreign.join(', ')}`;
    return { outcome, divergence: foreign.length === 0 ? undefined : came };
  } catch (error) {
    if (error instanceof Diverged) return { outcome, divergence: error.message };
    throw error;
  }
}

function differenceOf({ trace: one = [] }: Outcome, { trace: other = [] }: Outcome): string {
  const index = one.findIndex((entry, at) => told(entry) !== told(other[at]));
  const at = index === -1 ? one.length : index;
  return `all draws are the same, but line ${at + 1} of the trace was "${told(one[at])}", and is "${told(other[at])}"`;
}

function told(entry: TraceEntry | undefined): string {
  return entry ? `${entry.at_ms} ${entry.lane} ${entry.kind} ${entry.text}` : 'nothing';
}
