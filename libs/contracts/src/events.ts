import { ApiKeyIssued, ApiKeyRevoked, ApiKeyUsed } from './events/access.events.js';
import { ActionRecorded, SetAsideAcknowledged } from './events/audit.events.js';
import { ClaimIssued, ClaimRevoked, ClaimUsed } from './events/claim.events.js';
import {
  DeviceConnected,
  DeviceDisconnected,
  DeviceKeyRotated,
  DeviceProgressReported,
  DeviceRefused,
  DeviceRegistered,
  DeviceRevoked,
  DeviceUpdateReported,
  DeviceVersionReported,
} from './events/device.events.js';
import { FirmwareRevoked, FirmwareSigned, FirmwareUploaded } from './events/firmware.events.js';
import {
  FleetWindowChanged,
  FleetWindowRequested,
  RequestRefused,
  RollbackRequested,
  RolloutAbortRequested,
  RolloutApproveRequested,
  RolloutPauseRequested,
  RolloutRequested,
  RolloutResumeRequested,
  RolloutRetryRequested,
  UpdateRequested,
} from './events/request.events.js';
import {
  RollbackCompleted,
  RollbackTriggered,
  RolloutAborted,
  RolloutAccepted,
  RolloutActionRefused,
  RolloutApproved,
  RolloutCompleted,
  RolloutDevicesPlanned,
  RolloutPaused,
  RolloutRejected,
  RolloutResumed,
  RolloutRetried,
  RolloutStarted,
  WaveCompleted,
  WaveStarted,
} from './events/rollout.events.js';
import { SigningKeyRegistered, SigningKeyRevoked, SigningPolicyChanged } from './events/trust.events.js';
import {
  DeadlineReached,
  UpdateCancelled,
  UpdateCompleted,
  UpdateDispatched,
  UpdateFailed,
  UpdateQueued,
  UpdateRejected,
  UpdateSkipped,
} from './events/update.events.js';
import type { Address } from './subjects.js';

/** Every event of the log, by name. Types, schemas, validators and the AsyncAPI document come from this table. */
export const eventClasses = {
  UpdateRequested,
  RolloutRequested,
  RolloutPauseRequested,
  RolloutResumeRequested,
  RolloutAbortRequested,
  RolloutApproveRequested,
  RolloutRetryRequested,
  RollbackRequested,
  FleetWindowRequested,
  FleetWindowChanged,
  RequestRefused,
  FirmwareUploaded,
  FirmwareSigned,
  FirmwareRevoked,
  RolloutAccepted,
  RolloutRejected,
  RolloutDevicesPlanned,
  RolloutStarted,
  RolloutApproved,
  WaveStarted,
  WaveCompleted,
  RolloutPaused,
  RolloutResumed,
  RolloutRetried,
  RolloutAborted,
  RolloutCompleted,
  RollbackTriggered,
  RollbackCompleted,
  RolloutActionRefused,
  UpdateQueued,
  UpdateDispatched,
  UpdateSkipped,
  UpdateRejected,
  UpdateCompleted,
  UpdateFailed,
  UpdateCancelled,
  DeadlineReached,
  DeviceRegistered,
  DeviceKeyRotated,
  DeviceRevoked,
  DeviceConnected,
  DeviceDisconnected,
  DeviceVersionReported,
  DeviceProgressReported,
  DeviceUpdateReported,
  DeviceRefused,
  SigningKeyRegistered,
  SigningKeyRevoked,
  SigningPolicyChanged,
  ClaimIssued,
  ClaimUsed,
  ClaimRevoked,
  ApiKeyIssued,
  ApiKeyRevoked,
  ApiKeyUsed,
  ActionRecorded,
  SetAsideAcknowledged,
} as const;

export type EventName = keyof typeof eventClasses;
export type DataOf<N extends EventName> = InstanceType<(typeof eventClasses)[N]>;

/** Events of who may do what: nothing of a device, a firmware or a rollout changes by them. */
const administrative = [
  'SigningKeyRegistered',
  'SigningKeyRevoked',
  'SigningPolicyChanged',
  'ClaimIssued',
  'ClaimUsed',
  'ClaimRevoked',
  'ApiKeyIssued',
  'ApiKeyRevoked',
  'ApiKeyUsed',
  'ActionRecorded',
  'SetAsideAcknowledged',
] as const satisfies EventName[];

export type AdministrativeName = (typeof administrative)[number];

/** True for an event of the entities `trust`, `claim`, `access` and `audit`; most folds have nothing to do with them. */
export function isAdministrative<E extends { type: EventName }>(
  event: E,
): event is Extract<E, { type: AdministrativeName }> {
  return (administrative as readonly EventName[]).includes(event.type);
}

/** What happened, without envelope: what deciders return and `evolve` takes. A union, discriminated by `type`. */
export type Fact<N extends EventName = EventName> = { [K in N]: { type: K; data: DataOf<K> } }[N];

/** Where a fact stands, when it happened and why: the CloudEvents attributes, and the causal chain. */
export interface Envelope extends Omit<Address, 'type'> {
  /** Unique and deterministic from the cause; also the `Nats-Msg-Id`. At most 128 characters. */
  id: string;
  /** Who wrote it, a URI reference, e.g. `/firmware-registry`. */
  source: string;
  /** When it happened, ISO 8601 UTC. */
  time: string;
  /** The id of the first event of the chain. */
  correlation_id: string;
  /** The id of the event that directly led to this one. */
  causation_id?: string;
  /** W3C trace context of the span that wrote it. */
  traceparent?: string;
  /**
   * How long the log keeps the event, in seconds; absent: for ever. A word from its writer to the log and no attribute: an event that was
   * read has none. Only of presence, which is a lease and no history.
   */
  ttl_s?: number;
  /** What is wrong with the payload, of which nothing is handed over then; only of requests that their owner refuses by an event. */
  violation?: string;
}

/** An event of the log. */
export type OtaEvent<N extends EventName = EventName> = Envelope & Fact<N>;

/** Where and when an event was stored. */
export interface Stored {
  /** Its sequence in the stream. */
  position: number;
  /** When the log's server stored it, by that server's clock, ISO 8601: `time` is what the writer's own clock said. Absent where whoever read it was not told. */
  stored_at?: string;
}

/** An event as stored. */
export type StoredEvent<N extends EventName = EventName> = OtaEvent<N> & Stored;

/** True for a name that this version of the contracts knows. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(eventClasses, name);
}

/** What a writer says of an event beyond its address and payload. */
export interface Cause {
  /** Distinguishes this event among those of the same cause; the id is derived from it. */
  id: string;
  source: string;
  time: string;
  /** The event that led to this one; absent for the first of a chain. */
  cause?: Pick<Envelope, 'id' | 'correlation_id'>;
}

/** Puts a fact into its envelope. The chain starts here when there is no cause. */
export function toEvent<N extends EventName>(
  lane: Omit<Address, 'type'>,
  fact: Fact<N>,
  { id, source, time, cause }: Cause,
): OtaEvent<N> {
  return {
    ...lane,
    ...fact,
    id,
    source,
    time,
    correlation_id: cause?.correlation_id ?? id,
    ...(cause && { causation_id: cause.id }),
  };
}
