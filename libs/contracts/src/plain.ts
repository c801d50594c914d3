/**
 * What of the contracts loads anywhere, a browser too: types, words and codes, without Node's modules, decorators and validators behind
 * them. Lint keeps it so (eslint.config.mjs), and browser.spec.ts of libs/client looks at what a bundler takes in.
 */
export { Refused, errorTable, isErrorCode, messageOf, type ErrorCode } from './errors.js';
export { answersTo, isRequest, type RequestName } from './requests.js';
export { ROLES, type Role } from './roles.js';
export { DEVICE_ID_PATTERN, DEVICE_ID_WORDS, TOKEN_PATTERN, TOKEN_WORDS, isDeviceId, isToken } from './tokens.js';
export {
  ACTOR_KINDS,
  APPROVALS,
  AUDIT_OUTCOMES,
  GATE_ACTIONS,
  GATE_SCOPES,
  KEEP_LAST_MAX,
  MEMBERSHIPS,
  PHASES,
  isInstalling,
  isTakenBack,
  ROLLBACK_POLICIES,
  ROLLOUT_ACTIONS,
  SIGNATURE_POLICIES,
  STAGES,
  STRATEGIES,
  WHEN_OFFLINE,
  type Phase,
  type RolloutAction,
  type Stage,
} from './vocabulary.js';
export type { DataOf, EventName, Fact, OtaEvent, StoredEvent } from './events.js';
export type { GateDecision } from './events/rollout-numbers.js';
export type {
  FailureGate,
  MaintenanceWindow,
  RolloutLimits,
  RolloutSpec,
  RolloutStrategy,
  RolloutTarget,
} from './rollout-spec.js';
export type { DeviceSigning, Ed25519PublicKey } from './signing.js';
