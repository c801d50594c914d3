export { chance, pick, shuffle, weighted } from './chance.js';
export { CheckedDraws, Diverged, RecordedDraws, type Draw, type Draws } from './draws.js';
export { NodeClock, type NodeClockOptions } from './node-clock.js';
export { SeededEntropy } from './seeded-entropy.js';
export { VirtualTime, type VirtualTimeOptions } from './virtual-time.js';
export { runTwice, type RunTwice } from './divergence.js';
export { FaultPlan, type FaultKind } from './fault-plan.js';
export { foreignWorkIn } from './foreign-work.js';
export { History } from './history.js';
export { isAsKept, keep, loadKept, readKept, runKept, type Kept, type KeptRun, type Standing } from './kept.js';
export { runSeeds, type Failure, type RunSeedsOptions, type Tally } from './run-seeds.js';
export {
  violationOf,
  type Action,
  type How,
  type Outcome,
  type Run,
  type Scenario,
  type Settings,
  type Violation,
  type World,
} from './scenario.js';
export { Script } from './script.js';
export { shrink, type Shrunk, type ShrinkOptions } from './shrink.js';
export { Trace, type TraceEntry } from './trace.js';
export type { Program } from './cli/program.js';
export { simulate } from './cli/simulate.js';
export { timelineOf } from './timeline/timeline.js';
