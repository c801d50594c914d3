export { actionViolation, rolloutIdOf, rolloutOf } from './addressing.js';
export { allowanceOf, roomOf, type Allowance } from './allowance.js';
export { allowedActions } from './allowed-actions.js';
export { parseSpec } from './check-spec.js';
export { endNumbers, open, sumOf, total } from './counts.js';
export { evolveMember, isMemberEvent, retries, stageOf, type Member, type MemberEvent } from './member.js';
export { membersOf, wavesIn } from './placement.js';
export { planRollout, specOf, type Found } from './plan-rollout.js';
export { decide, isActive, type RolloutDecision, type RolloutSurroundings } from './rollout.decider.js';
export { countMember, evolve } from './rollout.evolve.js';
export {
  ROLLOUT_STATES,
  WAVE_STATES,
  resourceOf,
  stateOf,
  type RollbackResource,
  type RolloutResource,
  type RolloutState,
  type WaveResource,
} from './resource.js';
export {
  MEMBER_STATUSES,
  isAccepted,
  noRollout,
  type AcceptedRollout,
  type Counts,
  type EventRef,
  type MemberStatus,
  type Rollback,
  type Rollout,
  type Wave,
  type Wish,
} from './rollout.state.js';
export { MAX_WAVES, wavesOf } from './strategy.js';
export { exclusionOf, isNewer, isTargeted, orderKey, type Candidate, type Release } from './target.js';
export { noneKept, waitingFor, type Kept, type WaitingFor } from './waiting-for.js';
export { hadItsChance, windowAt, windowProblem, type WindowState } from './window.js';
export type { Assumption, WithoutOutcome } from './what-if/assumptions.js';
export { ASSUMPTIONS, type Assume } from './what-if/assumed.js';
export { recordedOutcomes } from './what-if/recorded-outcomes.js';
export type { Outcome, Recorded, RecordedDevice, RecordedGroup, Turn, Unfinished } from './what-if/recorded.js';
export type { Numbers, Run, RunWave, Stop } from './what-if/run.js';
export { whatIf, type Change, type Levers, type WhatIf } from './what-if/what-if.js';
