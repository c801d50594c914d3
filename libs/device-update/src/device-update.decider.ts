import { Refused, deriveId, type Fact } from '@edgeflow/contracts';
import { accept, nameOf, reasonOf, refuse } from './answers.js';
import type { DeviceLane, EventRef, OpenUpdate, PendingRequest } from './device-lane.js';
import { checkFit, checkOrder, checkRegistered } from './checks.js';
import type { FirmwareOf } from './firmware-catalog.js';
import { orderOf, updateIdOf } from './order.js';
import { overdue } from './phase-deadline.js';

/** Everything from outside that a decision depends on: time and defaults come in (STYLE.md rule 4). */
export interface Surroundings {
  org: string;
  device_id: string;
  firmwareOf: FirmwareOf;
  /** The organization lets rollbacks go below the highest release counter that a device has run. */
  rollbacks_below: boolean;
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
  const late = overdue(update, around.at);
  if (late) return late;
  if (update.status === 'queued' && presence.status === 'online')
    return dispatchQueued(lane, update, presence.since, around);
  const [request] = lane.requests;
  return request && answer(lane, request, around);
}

function answer(lane: DeviceLane, request: PendingRequest, around: Surroundings): Decision {
  const order = orderOf(lane, request, around);
  if (!order) return nowhereToGoBack(lane, request, around);
  const { ref: cause, key } = order;
  const { firmware, refusal } = checkOrder(lane, order, around);
  if (refusal) {
    const type = refusal.code === 'already-on-target' ? 'UpdateSkipped' : 'UpdateRejected';
    return { facts: [refuse(type, order, around.device_id, refusal)], cause, key };
  }
  const facts = accept(lane, order, firmware, around);
  return {
    facts: request.kind === 'rollback' ? [triggered(request, order.version, around), ...facts] : facts,
    cause,
    key,
  };
}

function nowhereToGoBack(
  lane: DeviceLane,
  { request_id, ref, position }: PendingRequest,
  { org, device_id }: Surroundings,
): Decision {
  const registered = checkRegistered(lane);
  const { code, detail } = registered instanceof Refused ? registered : new Refused('no-good-version');
  const update_id = updateIdOf(org, request_id, device_id);
  const data = { update_id, device_id, request_id, code, detail };
  return { facts: [{ type: 'UpdateRejected', data }], cause: ref, key: `${request_id}:${position}` };
}

/** Says why the device goes back, on a rollout's lane of its own: no rollout is behind it. */
function triggered(
  { request_id, reason, requested_by, role }: PendingRequest & { kind: 'rollback' },
  version: string,
  { org, device_id }: Surroundings,
): Fact {
  return {
    type: 'RollbackTriggered',
    data: {
      ...{ rollout_id: deriveId('rbk', org, request_id), cause: 'operator', request_id, device_id, version },
      ...(reason !== undefined && { reason }),
      ...(requested_by !== undefined && { requested_by }),
      ...(role !== undefined && { role }),
    },
  };
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
  const checked = checkFit(lane, { version: plan.version, rollback: plan.rollback === true }, around);
  if (checked instanceof Refused) {
    return { facts: [{ type: 'UpdateCancelled', data: { ...nameOf(plan), ...reasonOf(checked) } }], cause, key };
  }
  const now = lane.running.status === 'known' ? lane.running : undefined;
  const from = now ? { from_version: now.version, from_boot_id: now.boot_id } : {};
  // It may have been signed again while it waited: what the device is shown is the newest signature.
  const counter = checked.release_counter === undefined ? {} : { release_counter: checked.release_counter };
  return { facts: [{ type: 'UpdateDispatched', data: { ...plan, ...counter, ...from } }], cause, key };
}

function end({ plan, ref, ending, evidence }: OpenUpdate & { status: 'ending' }): Decision {
  const { update_id, firmware_id } = plan;
  const cause = { ...evidence, correlation_id: ref.correlation_id };
  const key = `${update_id}:end`;
  const which = nameOf(plan);
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
