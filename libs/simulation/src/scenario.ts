import type { Draws } from './draws.js';
import type { TraceEntry } from './trace.js';

/** What somebody does, or what happens to somebody, as data: so that it can be left out, and done again without the seed. */
export interface Action {
  at_ms: number;
  actor: string;
  action: string;
  parameters?: Readonly<Record<string, unknown>>;
}

/** How large a world is, and what else of it can be chosen. */
export type Settings = Readonly<Record<string, number | string | boolean>>;

/** All that decides over a history. */
export interface Scenario {
  seed: number;
  settings: Settings;
  /** The kinds of faults that are on. */
  faults: readonly string[];
  /** Without them the seed draws them while the history goes on; the outcome says which. */
  actions?: readonly Action[] | undefined;
  /** What else there is, in the world's own form. Without it the seed draws it before the history begins. */
  scene?: unknown;
}

export interface Violation {
  invariant: string;
  text: string;
  at_ms: number;
}

/** What came of a history. */
export interface Outcome {
  trace_hash: string;
  /** In their order; each is told once. */
  violations: readonly Violation[];
  draws: number;
  steps: number;
  virtual_ms: number;
  /** What the history held, by the world's own words. */
  counts: Readonly<Record<string, number>>;
  /** What was done, whether it was given or drawn. */
  actions: readonly Action[];
  /** If it was asked for. */
  trace?: readonly TraceEntry[] | undefined;
}

/** How a history is run. Nothing of it changes what comes of it. */
export interface How {
  /** Hears every draw. */
  draws?: Draws | undefined;
  keeps_trace?: boolean | undefined;
}

export type Run = (scenario: Scenario, how?: How) => Promise<Outcome>;

/** What can be simulated. */
export interface World {
  /** The whole scenario of a seed, or all but its actions. */
  draw(seed: number): Scenario;
  run: Run;
  /** The scenario with the scene that its seed draws written down in it, so that one that is kept stays what it is when the world draws otherwise. */
  written?(scenario: Scenario): Scenario;
  /** The least that a setting can be made when a scenario is shrunk; of what is not named, 1. */
  least?: Readonly<Record<string, number>> | undefined;
}

/** The first thing that went wrong. */
export function violationOf(outcome: Outcome, invariant?: string): Violation | undefined {
  return outcome.violations.find((violation) => invariant === undefined || violation.invariant === invariant);
}
