import { Refused, deriveId, type Fact } from '@edgeflow/contracts';
import type { DeviceLane, EventRef, OpenUpdate, PendingRequest } from './device-lane.js';
import { checkFit, checkRequest } from './checks.js';
import type { CatalogEntry, FirmwareOf } from './firmware-catalog.js';

/** Everything from outside that a decision depends on: time and defaults come in (STYLE.md rule 4). */
export interface Surroundings {
  org: string;
  device_id: string;
  firmwareOf: FirmwareOf;
  /** Now. */
  at: Date;
  /** Seconds until an update's deadline when its request names none. */
  default_deadline_s: number;
}

/** What is to be written to the update lane, in one append, and why. */
export interface Decision {
  facts: readonly Fact[];
  cause: EventRef;
  /** Makes the ids of the facts: the same decision, made again after a crash, has the same ids. */
  key: string;
}

/** True while the lane waits for a decision: what the dispatcher's to-do list holds. */
export function isDue({ update, presence, requests }: DeviceLane): boolean {
  return (
    update.status === 'ending' || (update.status === 'queued' && presence.status === 'online') || requests.length > 0
  );
}

/** The next step for one device, or undefined when there is nothing to do. Pure. */
export function decide(lane: DeviceLane, around: Surroundings): Decision | undefined {
  const { update, presence } = lane;
  if (update.status === 'ending') return end(update);
  if (update.status === 'queued' && presence.status === 'online')
    return dispatchQueued(lane, update, presence.since, around);
  const [request] = lane.requests;
  return request && answer(lane, request, around);
}

/** The update that a request becomes, if it becomes one: known before the decision, so that HTTP can name it at once. */
export function updateIdOf(org: string, requestId: string, deviceId: string): string {
  return deriveId('upd', org, requestId, deviceId);
}

function answer(lane: DeviceLane, request: PendingRequest, around: Surroundings): Decision {
  const { request_id, version } = request;
  const key = `${request_id}:${request.position}`;
  const update_id = updateIdOf(around.org, request_id, around.device_id);
  const checked = checkRequest(lane, request, around.firmwareOf);
  if (checked.firmware)
    return { facts: accept(lane, request, update_id, checked.firmware, around), cause: request.ref, key };
  const { code, detail } = checked.refusal;
  const type = code === 'already-on-target' ? 'UpdateSkipped' : 'UpdateRejected';
  const data = { update_id, device_id: around.device_id, request_id, version, code, detail };
  return { facts: [{ type, data }], cause: request.ref, key };
}

function accept(
  lane: DeviceLane,
  request: PendingRequest,
  update_id: string,
  firmware: CatalogEntry,
  around: Surroundings,
): Fact[] {
  const { running, presence } = lane;
  const { firmware_id, model, version, sha256, size, key } = firmware;
  const deadline_s = request.deadline_s ?? around.default_deadline_s;
  const plan = {
    ...{ update_id, number: lane.last_number + 1, device_id: around.device_id, request_id: request.request_id },
    ...{ firmware_id, model, version, sha256, size, key },
    force: request.force ?? false,
    ...(running.status === 'known' && { from_version: running.version, from_boot_id: running.boot_id }),
    deadline_at: new Date(around.at.getTime() + deadline_s * 1000).toISOString(),
  };
  const when_offline = request.when_offline ?? 'reject';
  const asked = request.requested_by ? { requested_by: request.requested_by } : {};
  const queued: Fact = { type: 'UpdateQueued', data: { ...plan, when_offline, ...asked } };
  return presence.status === 'online' ? [queued, { type: 'UpdateDispatched', data: plan }] : [queued];
}

/** A queued update whose device came: what held when it was accepted may not hold any more. */
function dispatchQueued(
  lane: DeviceLane,
  { plan, ref }: OpenUpdate & { status: 'queued' },
  since: EventRef,
  around: Surroundings,
): Decision {
  const cause = { ...since, correlation_id: ref.correlation_id };
  const key = `${plan.update_id}:dispatch`;
  const { update_id, number, device_id, version } = plan;
  const checked = checkFit(lane, version, around.firmwareOf);
  if (checked instanceof Refused) {
    const { code, detail } = checked;
    return {
      facts: [{ type: 'UpdateCancelled', data: { update_id, number, device_id, version, code, detail } }],
      cause,
      key,
    };
  }
  const now = lane.running.status === 'known' ? lane.running : undefined;
  const from = now ? { from_version: now.version, from_boot_id: now.boot_id } : {};
  return { facts: [{ type: 'UpdateDispatched', data: { ...plan, ...from } }], cause, key };
}

function end({ plan, ref, ending, evidence }: OpenUpdate & { status: 'ending' }): Decision {
  const { update_id, number, device_id, version, firmware_id } = plan;
  const cause = { ...evidence, correlation_id: ref.correlation_id };
  const key = `${update_id}:end`;
  const which = { update_id, number, device_id, version };
  if (ending.outcome === 'completed') {
    return {
      facts: [{ type: 'UpdateCompleted', data: { ...which, firmware_id, boot_id: ending.boot_id } }],
      cause,
      key,
    };
  }
  const { code, detail } = ending;
  const type = ending.outcome === 'failed' ? 'UpdateFailed' : 'UpdateCancelled';
  return { facts: [{ type, data: { ...which, code, detail } }], cause, key };
}
