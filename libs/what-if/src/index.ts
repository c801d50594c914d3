export type { Assumption, WithoutOutcome } from './assumptions.js';
export { ASSUMPTIONS, type Assume } from './assumed.js';
export { recordedOutcomes } from './recorded-outcomes.js';
export type { Outcome, Recorded, RecordedDevice, RecordedGroup, Turn, Unfinished } from './recorded.js';
export type { Numbers, Run, RunWave, Stop } from './run.js';
export { whatIf, type Change, type Levers, type WhatIf } from './what-if.js';
