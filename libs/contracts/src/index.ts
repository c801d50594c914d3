export { asyncApiDocument } from './asyncapi.js';
export { decodeAttribute, encodeAttribute, isLegalAttribute } from './attribute-codec.js';
export { isAskedFor, isBulk } from './bulk.js';
export { dataSchemaOf, fromMessage, toBinary, toStructured, type WireMessage } from './cloudevents.js';
export { Refused, errorTable, unreachable, type ErrorCode } from './errors.js';
export { EventClass, metaOf, type EventMeta } from './event-class.js';
export {
  eventClasses,
  isAdministrative,
  isEventName,
  toEvent,
  type AdministrativeName,
  type Cause,
  type DataOf,
  type Envelope,
  type EventName,
  type Fact,
  type OtaEvent,
  type StoredEvent,
} from './events.js';
export { ACTOR_KINDS, AUDIT_OUTCOMES } from './events/audit.events.js';
export { CLAIM_USES_MAX } from './events/claim.events.js';
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
  IsReportedVersion,
  IsSha256,
  IsText,
  IsTime,
  IsToken,
  IsUpdateNumber,
  IsVersion,
  REPORTED_VERSION_PATTERN,
  SEMVER_PATTERN,
  isVersion,
} from './fields.js';
export { frameTable } from './frame-table.js';
export { answeredRequest, isRequest, type RequestName } from './requests.js';
export { deriveId } from './ids.js';
export { JSON_DEPTH_MAX, isNestedDeeper, parseJson } from './json.js';
export { meetsNatsFloor, NATS_ADVISORIES, NATS_FLOOR } from './nats-floor.js';
export { envelopeOf, readMessage, type StoredMessage } from './reading.js';
export { legible } from './legible.js';
export { ROLES, type Role } from './roles.js';
export { assertKnownMembers, assertShape, schemaOf, type JsonSchema, type SchemaClass } from './schemas.js';
export {
  DeviceSigning,
  DeviceSigningKey,
  Ed25519PublicKey,
  Ed25519PublicKey as DevicePublicKey,
  FirmwareManifest,
  FirmwareSignature,
  FlattenedJws,
  IsEd25519X,
  IsKeyId,
  KEY_ID_PATTERN,
  KEY_STATEMENTS_MAX,
  KEY_STATEMENT_TYPE,
  KeyStatement,
  MANIFEST_MAX_BYTES,
  MANIFEST_TYPE,
  ROLLBACK_POLICIES,
  SIGNATURE_POLICIES,
} from './signing.js';
export {
  ENTITIES,
  isEntity,
  laneSubject,
  liveUpdateSubject,
  parseSubject,
  subjectOf,
  type Address,
  type Entity,
  type Lane,
} from './subjects.js';
export { beginningOf, isStorable } from './text.js';
export { TOKEN_PATTERN, isToken } from './tokens.js';
export {
  CLOSE,
  FAILURE_MESSAGE_MAX,
  PHASES,
  TUNNEL_AUDIENCE,
  TUNNEL_FRAME_BYTES,
  TUNNEL_PROTOCOL,
  TUNNEL_TOKEN_MAX_S,
  UNSPECIFIED,
  cloudFrames,
  deviceFrames,
  type Cancel,
  type CloudFrame,
  type DeviceFrame,
  type Failed,
  type Failure,
  type FreshUrl,
  type Hello,
  type Phase,
  type Progress,
  type TunnelError,
  type UpdateOffer,
  type UrlRequest,
  type Welcome,
} from './tunnel.js';
export { isUnread, type Unread, type UnreadEvent } from './unread.js';
