export { asyncApiDocument } from './asyncapi.js';
export { decodeAttribute, encodeAttribute, isLegalAttribute } from './attribute-codec.js';
export { dataSchemaOf, fromMessage, toBinary, toStructured, type WireMessage } from './cloudevents.js';
export { Refused, errorTable, unreachable, type ErrorCode } from './errors.js';
export { EventClass, metaOf, type EventMeta } from './event-class.js';
export {
  eventClasses,
  isEventName,
  toEvent,
  type Cause,
  type DataOf,
  type Envelope,
  type EventName,
  type Fact,
  type OtaEvent,
  type StoredEvent,
} from './events.js';
export { DevicePublicKey } from './events/device.events.js';
export {
  FleetWindowRequested,
  RollbackRequested,
  RolloutPauseRequested,
  RolloutRequested,
  UpdateRequested,
  WHEN_OFFLINE,
} from './events/request.events.js';
export { EndNumbers, GateDecision, PlannedWave, STAGES, type Stage } from './events/rollout.events.js';
export {
  APPROVALS,
  FailureGate,
  GATE_ACTIONS,
  GATE_SCOPES,
  MEMBERSHIPS,
  MaintenanceWindow,
  PhaseDeadlines,
  ROLLOUT_ACTIONS,
  RetryPolicy,
  RolloutFilter,
  RolloutLimits,
  RolloutSpec,
  RolloutStrategy,
  RolloutTarget,
  STRATEGIES,
  StagedWave,
  type RolloutAction,
} from './rollout-spec.js';
export {
  IsLabel,
  LABEL_PATTERN,
  IsPercent,
  IsSha256,
  IsText,
  IsTime,
  IsToken,
  IsUpdateNumber,
  IsVersion,
  SEMVER_PATTERN,
} from './fields.js';
export { deriveId } from './ids.js';
export { assertKnownMembers, assertShape, schemaOf, type JsonSchema, type SchemaClass } from './schemas.js';
export {
  ENTITIES,
  laneSubject,
  liveUpdateSubject,
  parseSubject,
  subjectOf,
  type Address,
  type Entity,
  type Lane,
} from './subjects.js';
export { TOKEN_PATTERN, isToken } from './tokens.js';
export {
  CLOSE,
  PHASES,
  TUNNEL_AUDIENCE,
  TUNNEL_FRAME_BYTES,
  TUNNEL_PROTOCOL,
  TUNNEL_TOKEN_MAX_S,
  cloudFrames,
  deviceFrames,
  type Cancel,
  type CloudFrame,
  type DeviceFrame,
  type Failed,
  type FreshUrl,
  type Hello,
  type Phase,
  type Progress,
  type TunnelError,
  type UpdateOffer,
  type UrlRequest,
  type Welcome,
} from './tunnel.js';
