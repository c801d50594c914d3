export { actionViolation, isOfRollout, rolloutIdOf, rolloutOf } from './addressing.js';
export { allowanceOf, roomOf, type Allowance } from './allowance.js';
export { allowedActions } from './allowed-actions.js';
export { parseSpec } from './check-spec.js';
export { endedWait } from './end-of-wait.js';
export { rollsBack } from './gate.js';
export { commonOpening } from './common-opening.js';
export { nextTime } from './next-time.js';
export { countedIn, endNumbers, open, sumByReason, sumOf, total } from './counts.js';
export {
  evolveMember,
  isDeclined,
  isMemberEvent,
  isPostponed,
  POSTPONED,
  retries,
  stageOf,
  wasTold,
  type Member,
  type MemberEvent,
} from './member.js';
export { lookedAt, mayStillFail, nextWave, soakEnds } from './next-wave.js';
export { inFlightIn, membersOf, replacedBy, wavesIn } from './placement.js';
export { NOT_OURS } from './rollback.evolve.js';
export { planRollout, specOf, type Found } from './plan-rollout.js';
export { isActive, rolloutDecider, type RolloutCommand, type RolloutFact } from './rollout.decider.js';
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
  rollbackIn,
  isRollbackOver,
  isSkipped,
  isStoppedBack,
  noRollout,
  type AcceptedRollout,
  type Counts,
  type MemberStatus,
  type Rollback,
  type Rollout,
  type Wave,
  type RequestedRollout,
} from './rollout.state.js';
export { MAX_WAVES, wavesOf } from './strategy.js';
export { asksForRollback, checkAmendment } from './amend.js';
export { amendableTable } from './amendable.js';
export { sharesOf, wavesAnew } from './replan.js';
export { claimsDevices } from './supersession.js';
export { exclusionOf, isInRange, isNewer, isTargeted, orderKey, type Candidate, type Release } from './target.js';
export {
  noneWithheld,
  waitingFor,
  type InFlight,
  type MoreUrgent,
  type Withheld,
  type WaitingFor,
} from './waiting-for.js';
export { hadItsChance, nextOpening, windowAt, windowProblem, type WindowState } from './window.js';
