import type { DataOf, EventName, OtaEvent } from './events.js';

type Rules = { readonly [N in EventName]?: true | ((data: DataOf<N>) => boolean) };

/**
 * Events that a log which is nearly full refuses first: what begins new work, and what can wait or be said again. What stops, ends or
 * takes back something is not here, nor what proves how an update ended: for that there is always room (ADR-0020).
 */
const bulk: Rules = {
  UpdateRequested: true,
  RolloutRequested: true,
  RolloutResumeRequested: true,
  RolloutApproveRequested: true,
  RolloutRetryRequested: true,
  FirmwareUploaded: true,
  FirmwareSigned: true,
  RolloutAccepted: true,
  // The way back is what an operator does about a bad release.
  RolloutDevicesPlanned: ({ stage }) => stage !== 'rollback',
  UpdateQueued: ({ rollback }) => rollback !== true,
  UpdateDispatched: ({ rollback }) => rollback !== true,
  DeviceRegistered: true,
  DeviceConnected: true,
  DeviceDisconnected: true,
  // From `installing` on, a reboot decides the update.
  DeviceProgressReported: ({ phase }) => phase === 'downloading' || phase === 'verifying',
  ClaimIssued: true,
  ClaimUsed: true,
  ApiKeyUsed: true,
};

/** True for an event for which the room that is kept for control is not there: of these kinds, or kept for the time of a lease only. */
export function isBulk(event: Pick<OtaEvent, 'type' | 'data' | 'ttl_s'>): boolean {
  if (event.ttl_s !== undefined) return true;
  const rule = bulk[event.type] as true | ((data: object) => boolean) | undefined;
  return typeof rule === 'function' ? rule(event.data) : rule === true;
}

/** Of the bulk, what services decide by themselves: it follows from requests that were counted. */
const decided: readonly EventName[] = ['RolloutAccepted', 'RolloutDevicesPlanned', 'UpdateQueued', 'UpdateDispatched'];

/** True for what an organization's callers and devices have written, and which counts on its budget. */
export function isAskedFor(event: Pick<OtaEvent, 'type' | 'data' | 'ttl_s'>): boolean {
  return isBulk(event) && !decided.includes(event.type);
}
