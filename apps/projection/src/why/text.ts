import { unreachable, type EventName, type Fact } from '@edgeflow/contracts';
import { deviceText, type DeviceFact } from './device-text.js';
import { requestText, type RequestFact } from './request-text.js';
import { rolloutText, type RolloutFact } from './rollout-text.js';
import { updateText, type UpdateFact } from './update-text.js';

/** An event of a timeline: the payload is what the fold stored. */
export type ToldFact =
  RequestFact | RolloutFact | UpdateFact | DeviceFact | Extract<Fact, { type: `Firmware${string}` }>;

/** One plain sentence that tells an operator what an event was. */
export function textOf(event: { type: EventName; data: object }): string {
  const fact = event as ToldFact;
  switch (fact.type) {
    case 'UpdateRequested':
    case 'RolloutRequested':
    case 'RolloutPauseRequested':
    case 'RolloutResumeRequested':
    case 'RolloutAbortRequested':
    case 'RolloutApproveRequested':
    case 'RolloutRetryRequested':
    case 'RollbackRequested':
    case 'FleetWindowRequested':
    case 'RequestRefused':
    case 'FleetWindowChanged':
      return requestText(fact);
    case 'RolloutAccepted':
    case 'RolloutRejected':
    case 'RolloutDevicesPlanned':
    case 'RolloutStarted':
    case 'RolloutApproved':
    case 'WaveStarted':
    case 'WaveCompleted':
    case 'RolloutPaused':
    case 'RolloutResumed':
    case 'RolloutRetried':
    case 'RolloutAborted':
    case 'RolloutCompleted':
    case 'RollbackTriggered':
    case 'RollbackCompleted':
    case 'RolloutActionRefused':
      return rolloutText(fact);
    case 'UpdateQueued':
    case 'UpdateDispatched':
    case 'UpdateSkipped':
    case 'UpdateRejected':
    case 'UpdateCompleted':
    case 'UpdateFailed':
    case 'UpdateCancelled':
    case 'DeadlineReached':
      return updateText(fact);
    case 'DeviceRegistered':
    case 'DeviceKeyRotated':
    case 'DeviceRevoked':
    case 'DeviceConnected':
    case 'DeviceDisconnected':
    case 'DeviceVersionReported':
    case 'DeviceProgressReported':
    case 'DeviceUpdateReported':
    case 'DeviceRefused':
      return deviceText(fact);
    case 'FirmwareUploaded':
      return `${fact.data.version} was uploaded for ${fact.data.model}.`;
    case 'FirmwareSigned':
      return `${fact.data.version} for ${fact.data.model} was signed again, with ${fact.data.signature.kid}.`;
    case 'FirmwareRevoked':
      return `${fact.data.version} was revoked for ${fact.data.model}.`;
    default:
      return unreachable(fact);
  }
}
