import { Refused, given, isInstalling, type Decision, type ErrorCode } from '@edgeflow/contracts';
import { nameOf, reasonOf, type UpdateFact } from './answers.js';
import type { DeviceUpdateState, OpenUpdate, PendingRequest } from './device-update.state.js';

/** A request to take an update back. */
export type CancelRequest = PendingRequest & { kind: 'cancel' };

type Open = Exclude<OpenUpdate, { status: 'none' }>;

/** The first request to take an update back: it does not stand in line behind what asks for new ones. */
export function cancelIn({ requests }: DeviceUpdateState): CancelRequest | undefined {
  return requests.find((request): request is CancelRequest => request.kind === 'cancel');
}

/**
 * The end of an open update that somebody takes back, or why it cannot be. From `installing` on the device finishes whatever it is told
 * (docs/device-protocol.md, "Frames"): with `force` the update is given up, and the device is free for another one.
 */
export function cancel(state: DeviceUpdateState, request: CancelRequest, device_id: string): Decision<UpdateFact> {
  const { request_id, ref: cause, position } = request;
  const decided = open(state, request);
  const fact = decided instanceof Refused ? refuse(request, device_id, decided) : cancelled(decided, request);
  return { facts: [fact], cause, key: `${request_id}:${position}` };
}

function open(state: DeviceUpdateState, { update_id, force }: CancelRequest): Open | Refused {
  const { update, last_number, answered } = state;
  // Also one of a device that had the id before has ended, and one that was skipped or refused.
  if (last_number === 0 && answered.length === 0) return new Refused('update-unknown');
  if (update.status === 'none' || update.plan.update_id !== update_id) return new Refused('update-ended');
  const { version } = update.plan;
  return isBeingInstalled(update) && force !== true
    ? new Refused('update-installing', `The device is installing ${version}; force gives the update up.`)
    : update;
}

/** True for an update that the device finishes, whatever it is told; it may have begun with one that is put off. */
export function isBeingInstalled(update: OpenUpdate): boolean {
  if (update.status !== 'queued' && update.status !== 'dispatched') return false;
  const phase = update.status === 'queued' ? update.postponed?.phase : update.phase;
  return phase !== undefined && isInstalling(phase);
}

function cancelled(update: Open, request: CancelRequest): UpdateFact {
  const { request_id, reason, requested_by, role, source } = request;
  const code: ErrorCode = isBeingInstalled(update) ? 'abandoned' : 'cancelled';
  const why = reason === undefined ? new Refused(code) : new Refused(code, reason);
  return {
    type: 'UpdateCancelled',
    data: { ...nameOf(update.plan), ...reasonOf(why), request_id, ...given({ reason, requested_by, role, source }) },
  };
}

function refuse(request: CancelRequest, device_id: string, why: Refused): UpdateFact {
  const { request_id, update_id, requested_by, source } = request;
  const data = { update_id, device_id, request_id, ...reasonOf(why), ...given({ requested_by, source }) };
  return { type: 'UpdateCancelRefused', data };
}
