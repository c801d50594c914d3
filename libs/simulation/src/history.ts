import { Diverged } from './draws.js';
import type { Action, How, Outcome, Scenario, Violation } from './scenario.js';
import { Script } from './script.js';
import { SeededEntropy } from './seeded-entropy.js';
import { Trace } from './trace.js';
import { VirtualTime } from './virtual-time.js';

/** More is not told of one history. */
const VIOLATIONS_MAX = 20;

/** One run of a scenario: the time, the chance and the trace that everything in it shares, and what went wrong in it. */
export class History {
  readonly entropy: SeededEntropy;
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** What is done in it. */
  readonly script: Script;
  /** What it held, for whoever wants to know. */
  readonly counts: Record<string, number> = {};
  private readonly violations: Violation[] = [];

  private constructor(
    readonly scenario: Scenario,
    { draws, keeps_trace }: How,
  ) {
    this.entropy = new SeededEntropy(scenario.seed, draws);
    const order_seed = Math.floor(this.entropy.child('order').random('order') * 2 ** 32);
    this.time = new VirtualTime({ order_seed });
    this.trace = new Trace(this.time, { isKept: keeps_trace });
    this.script = new Script(this.time, scenario.actions);
  }

  /**
   * Plays a scenario. What `play` throws, and a rejection that nobody handles, end no simulation: they are violations (`crash`, `unhandled`).
   * @throws Diverged when a recording of draws was to be kept to
   */
  static async run(scenario: Scenario, how: How = {}, play: (history: History) => Promise<void>): Promise<Outcome> {
    const history = new History(scenario, how);
    const unhandled = (error: unknown): void => history.violated('unhandled', toldOf(error));
    process.on('unhandledRejection', unhandled);
    try {
      await play(history);
    } catch (error) {
      if (error instanceof Diverged) throw error;
      history.violated('crash', toldOf(error));
    } finally {
      process.off('unhandledRejection', unhandled);
    }
    return history.outcome();
  }

  get isViolated(): boolean {
    return this.violations.length > 0;
  }

  /** Says that something is not so that always has to be. The same again is not said twice. */
  violated(invariant: string, text: string): void {
    const isKnown = this.violations.some((one) => one.invariant === invariant && one.text === text);
    if (isKnown || this.violations.length >= VIOLATIONS_MAX) return;
    this.violations.push({ invariant, text, at_ms: this.time.now_ms });
    // What it says may hold where something was thrown, which is another place on another machine.
    this.trace.note('invariants', 'violation', invariant, { text });
  }

  count(what: string, more = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + more;
  }

  private outcome(): Outcome {
    const { trace, violations, entropy, time, counts } = this;
    const actions: readonly Action[] = this.script.done;
    const sums = { draws: entropy.count, steps: time.steps, virtual_ms: time.now_ms };
    return { trace_hash: trace.hash, violations, ...sums, counts, actions, trace: trace.entries };
  }
}

/** The name, the message and where it was thrown, without the paths of one machine. */
function toldOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = /\n\s+at (?:async )?([\w.#<>]+)/.exec(error.stack ?? '')?.[1];
  return `${error.name}: ${error.message}${at === undefined ? '' : ` (${at})`}`;
}
