import type { DataOf, Fact, Refused } from '@edgeflow/contracts';
import type { DeviceLane } from './device-lane.js';
import type { CatalogEntry } from './firmware-catalog.js';
import type { Order } from './order.js';

/** What an accepted order says of the rest of the world. */
export interface AcceptAround {
  device_id: string;
  at: Date;
  default_deadline_s: number;
}

/** The facts of an accepted order: it is dispatched at once when the device is online. */
export function accept(lane: DeviceLane, order: Order, firmware: CatalogEntry, around: AcceptAround): Fact[] {
  const { running, presence } = lane;
  const { update_id, request_id, force, rollback, when_offline, requested_by, deadlines, of } = order;
  const { firmware_id, model, version, sha256, size, key, release_counter } = firmware;
  const deadline_s = order.deadline_s ?? around.default_deadline_s;
  const plan = {
    ...{ update_id, number: lane.last_number + 1, device_id: around.device_id, request_id },
    ...{ firmware_id, model, version, sha256, size, key, force },
    ...(release_counter !== undefined && { release_counter }),
    ...(rollback && { rollback }),
    ...(running.status === 'known' && { from_version: running.version, from_boot_id: running.boot_id }),
    deadline_at: new Date(around.at.getTime() + deadline_s * 1000).toISOString(),
    ...(deadlines && { deadlines }),
    ...of,
  };
  const asked = requested_by === undefined ? {} : { requested_by };
  const queued: Fact = { type: 'UpdateQueued', data: { ...plan, when_offline, ...asked } };
  return presence.status === 'online' ? [queued, { type: 'UpdateDispatched', data: plan }] : [queued];
}

/** An order that became no update: none was needed, or none is possible. */
export function refuse(
  type: 'UpdateSkipped' | 'UpdateRejected',
  { update_id, request_id, version, of }: Order,
  device_id: string,
  refusal: Refused,
): Fact {
  return { type, data: { update_id, device_id, request_id, version, ...reasonOf(refusal), ...of } };
}

/** Which update an event of its end speaks of, and of which rollout it was. */
export function nameOf(plan: DataOf<'UpdateDispatched'>) {
  const { update_id, number, device_id, version, rollout_id, wave, attempt, rollback } = plan;
  return {
    ...{ update_id, number, device_id, version },
    ...(rollout_id !== undefined && { rollout_id }),
    ...(wave !== undefined && { wave }),
    ...(attempt !== undefined && { attempt }),
    ...(rollback !== undefined && { rollback }),
  };
}

/** A refusal's code and sentence, as events carry them. */
export function reasonOf({ code, detail }: Refused): { code: string; detail: string } {
  return { code, detail: detail.slice(0, 1024) };
}
