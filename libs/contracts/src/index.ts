/** What loads anywhere, and what has Node, decorators or validators behind it. */
export * from './plain.js';
export { asyncApiDocument } from './asyncapi.js';
export { isLegalAttribute } from './attribute-codec.js';
export { isAskedFor, isBulk } from './bulk.js';
export { dataSchemaOf, fromMessage, toBinary, type WireMessage } from './cloudevents.js';
export { unreachable } from './errors.js';
export { metaOf } from './event-class.js';
export { decisionIn, refOf, type Decided, type Decider, type Decision, type EventRef } from './decider.js';
export { eventsBy, idsOf, type EventFactory, type Ids } from './event-factory.js';
export {
  columnsOf,
  entityOf,
  eventClasses,
  isEventName,
  isOf,
  namesOf,
  toEvent,
  type Cause,
  type EventNameOf,
  type EventOf,
  type FactOf,
} from './events.js';
export {
  FleetWindowRequested,
  RollbackRequested,
  RolloutPauseRequested,
  RolloutRequested,
  UpdateCancelRequested,
  UpdateRequested,
} from './events/request.events.js';
export {
  EndNumbers,
  GateDecision,
  PlannedWave,
  RolloutOverlap,
  WaveNumbers,
  gateText,
} from './events/rollout-numbers.js';
export type { PlannedInShort } from './events/rollout.events.js';
export {
  AmendableSpec,
  FailureGate,
  MaintenanceWindow,
  PhaseDeadlines,
  RetryPolicy,
  RolloutFilter,
  RolloutLimits,
  RolloutSpec,
  RolloutStrategy,
  RolloutTarget,
} from './rollout-spec.js';
export {
  CLAIM_USES_MAX,
  IsA,
  IsDeviceId,
  IsLabel,
  LABEL_PATTERN,
  IsReportedVersion,
  IsSha256,
  IsText,
  IsTime,
  IsToken,
  IsVersion,
  HasEachOnce,
  REPORTED_VERSION_PATTERN,
  SEMVER_PATTERN,
  isLabel,
  isVersion,
} from './fields.js';
export { didYouMean } from './nearest.js';
export { IsLike } from './pattern-words.js';
export { codeTable, frameTable } from './frame-table.js';
export { ORCHESTRATOR_SOURCE, isReservedSource, teamOf } from './request-source.js';
export { queuedWith, stepsIn } from './told-at-once.js';
export { answeredRequest, isRequest, sourceOfRequest, type RequestName } from './requests.js';
export { isInUse, type FirmwareUse } from './firmware-use.js';
export { given } from './given.js';
export { deriveId } from './ids.js';
export { JSON_DEPTH_MAX, isJsonObject, isNestedDeeper, parseJson } from './json.js';
export { meetsNatsFloor, NATS_ADVISORIES, NATS_FLOOR } from './nats-floor.js';
export { ownedBy, type Service } from './owners.js';
export { envelopeOf, readMessage, type StoredMessage } from './reading.js';
export { legible } from './legible.js';
export { assertKnownMembers, assertShape, schemaOf, type JsonSchema, type SchemaClass } from './schemas.js';
export {
  DeviceSigning,
  KnownSigningKeys,
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
} from './signing.js';
export {
  auditStream,
  claimStream,
  deviceStream,
  firmwareStream,
  keyStream,
  requestStream,
  rolloutStream,
  trustStream,
  updateStream,
  type StreamOf,
} from './streams.js';
export {
  ENTITIES,
  streamSubject,
  liveUpdateSubject,
  parseSubject,
  subjectOf,
  type Address,
  type Entity,
  type EventStream,
} from './subjects.js';
export { beginningOf, isStorable } from './text.js';
export {
  CLOSE,
  FAILURE_MESSAGE_MAX,
  POSTPONED_IN_ALL_MAX_S,
  POSTPONE_MAX_S,
  POSTPONE_REASON_MAX,
  TUNNEL_AUDIENCE,
  TUNNEL_FRAME_BYTES,
  TUNNEL_MESSAGE_BYTES,
  TUNNEL_PROTOCOL,
  TUNNEL_TOKEN_MAX_S,
  UNSPECIFIED,
  cloudFrames,
  deviceFrames,
  type CloudFrame,
  type DeviceFrame,
  type Failed,
  type Failure,
  type Hello,
  type Postpone,
  type Progress,
  type UpdateOffer,
  type UrlRequest,
  type Welcome,
} from './tunnel.js';
export { FAILURE_CODES, FRAME_ERRORS, type FailureCode, type FrameError } from './tunnel-codes.js';
export { isUnread, type Unread, type UnreadEvent } from './unread.js';
export { described, describedSchemaOf, descriptionOf } from './descriptions/described.js';
export { exampleOf } from './descriptions/example.js';
