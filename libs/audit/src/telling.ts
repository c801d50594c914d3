import type { AUDIT_OUTCOMES, DataOf, EventName, StoredEvent } from '@edgeflow/contracts';

/** What an event says of a deed. Whose it is, is what the event names: the record of the request, if there is one, is the proof. */
export interface Telling {
  actor?: string | undefined;
  role?: string | undefined;
  reason?: string | undefined;
  code?: string | undefined;
  outcome?: (typeof AUDIT_OUTCOMES)[number];
}

type Tell<N extends EventName> = (data: DataOf<N>) => Telling;

const asked = ({ requested_by, role, reason }: { requested_by?: string; role?: string; reason?: string }): Telling => ({
  ...{ actor: requested_by, role, reason },
});
const decided = ({ actor, reason }: { actor?: string; reason?: string }): Telling => ({ actor, reason });
const refused = ({ code, detail }: { code: string; detail: string }): Telling => ({
  ...{ outcome: 'refused', code, reason: detail },
});

/**
 * Every event of the log: how it is told in the audit trail, or `null` when it is nobody's deed. Requests are told whoever wrote them:
 * a team that publishes to NATS has no HTTP record.
 */
const TELLINGS: { readonly [N in EventName]: Tell<N> | null } = {
  UpdateRequested: asked,
  RolloutRequested: asked,
  RolloutPauseRequested: asked,
  RolloutResumeRequested: asked,
  RolloutAbortRequested: asked,
  RolloutApproveRequested: asked,
  RolloutRetryRequested: asked,
  RollbackRequested: asked,
  FleetWindowRequested: asked,
  FleetWindowChanged: null,
  RequestRefused: ({ source, code, detail }) => ({ actor: source, outcome: 'refused', code, reason: detail }),
  FirmwareUploaded: ({ uploaded_by }) => ({ actor: uploaded_by }),
  FirmwareSigned: ({ submitted_by }) => ({ actor: submitted_by }),
  FirmwareRevoked: ({ revoked_by, reason }) => ({ actor: revoked_by, reason }),
  RolloutAccepted: null,
  RolloutRejected: refused,
  RolloutDevicesPlanned: null,
  RolloutStarted: null,
  RolloutApproved: null,
  WaveStarted: null,
  WaveCompleted: null,
  RolloutPaused: decided,
  RolloutResumed: decided,
  RolloutRetried: null,
  RolloutAborted: decided,
  RolloutCompleted: null,
  RollbackTriggered: decided,
  RollbackCompleted: null,
  RolloutActionRefused: refused,
  UpdateQueued: null,
  UpdateDispatched: null,
  UpdateSkipped: null,
  UpdateRejected: null,
  UpdateCompleted: null,
  UpdateFailed: null,
  UpdateCancelled: null,
  DeadlineReached: null,
  DeviceRegistered: ({ registered_by }) => ({ actor: registered_by }),
  DeviceKeyRotated: ({ rotated_by, reason }) => ({ actor: rotated_by, reason }),
  DeviceRevoked: ({ revoked_by, reason }) => ({ actor: revoked_by, reason }),
  DeviceConnected: null,
  DeviceDisconnected: null,
  DeviceVersionReported: null,
  DeviceProgressReported: null,
  DeviceUpdateReported: null,
  DeviceRefused: null,
  SigningKeyRegistered: ({ registered_by }) => ({ actor: registered_by }),
  SigningKeyRevoked: ({ revoked_by, reason }) => ({ actor: revoked_by, reason }),
  SigningPolicyChanged: ({ changed_by, reason }) => ({ actor: changed_by, reason }),
  ClaimIssued: ({ issued_by }) => ({ actor: issued_by }),
  ClaimUsed: ({ device_id }) => ({ actor: device_id }),
  ClaimRevoked: ({ revoked_by, reason }) => ({ actor: revoked_by, reason }),
  ApiKeyIssued: ({ issued_by }) => ({ actor: issued_by }),
  ApiKeyRevoked: ({ revoked_by, reason }) => ({ actor: revoked_by, reason }),
  // When a key was used last stands in the list of keys; what it was used for has records of its own.
  ApiKeyUsed: null,
  // Told by `recorded`.
  SetAsideAcknowledged: ({ acknowledged_by, reason }) => ({ actor: acknowledged_by, reason }),
  ActionRecorded: null,
};

/** How an event is told in the audit trail; undefined when it is not. */
export function tellingOf(event: StoredEvent): Telling | undefined {
  const tell = TELLINGS[event.type] as Tell<EventName> | null;
  return tell?.(event.data);
}
