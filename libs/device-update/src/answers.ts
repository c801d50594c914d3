import { given, type DataOf, type Fact, type FactOf, type Refused } from '@edgeflow/contracts';
import type { DeviceUpdateState, Running } from './device-update.state.js';
import type { CatalogEntry } from './firmware-catalog.js';
import type { Order } from './order.js';
import type { DecisionContext } from './decision-context.js';

/** What becomes of an update; a rollback of one device says why on a rollout's stream of its own. */
export type UpdateFact = FactOf<'update'> | Fact<'RollbackTriggered'>;

/** The fact of an accepted order: it is dispatched at once when the device is online, and waits otherwise. @param opens when it can be told first, where that is later */
export function accept(
  state: DeviceUpdateState,
  order: Order,
  firmware: CatalogEntry,
  context: DecisionContext,
  opens?: Date,
): UpdateFact[] {
  const { running, presence } = state;
  const { update_id, request_id, force, rollback, when_offline, requested_by, source, deadlines, of, leaves } = order;
  const { firmware_id, model, version, sha256, size, key, release_counter, signed_by } = firmware;
  const deadline_s = order.deadline_s ?? context.default_deadline_s;
  const plan = {
    ...{ update_id, number: state.last_number + 1, device_id: context.device_id, request_id },
    ...{ firmware_id, model, version, sha256, size, key, force },
    ...given({ release_counter, signed_by }),
    ...(rollback && { rollback }),
    ...given({ leaves }),
    ...(running.status === 'known' && fromOf(running, version)),
    ...given({ abandoned_version: state.abandoned_version }),
    deadline_at: new Date((opens ?? context.at).getTime() + deadline_s * 1000).toISOString(),
    ...(deadlines && { deadlines }),
    ...of,
  };
  const accepted = { when_offline, ...given({ requested_by, source }), ...order.timing };
  if (presence.status === 'online' && !opens) {
    return [{ type: 'UpdateDispatched', data: { ...plan, ...knownKeys(state, signed_by), accepted } }];
  }
  return [{ type: 'UpdateQueued', data: { ...plan, ...accepted, ...given({ not_before: opens?.toISOString() }) } }];
}

/** What is known of the keys that a device knows, where its firmware is signed. */
export function knownKeys(
  { signing }: Pick<DeviceUpdateState, 'signing'>,
  signed_by: string | undefined,
): Pick<DataOf<'UpdateDispatched'>, 'known_keys'> {
  if (signed_by === undefined || !signing) return {};
  const { enrolled_at, accepted } = signing;
  return { known_keys: { enrolled_at, ...given({ accepted }) } };
}

/** What a device runs when it is told, and in which boot; where it tries the `wanted` version already, nobody knows what it came from. */
export function fromOf({ version, boot_id, unconfirmed }: Running & { status: 'known' }, wanted: string) {
  const from = unconfirmed && version === wanted ? {} : { from_version: version };
  return { ...from, ...(boot_id !== undefined && { from_boot_id: boot_id }) };
}

/** An order that became no update: none was needed, or none is possible. */
export function refuse(
  type: 'UpdateSkipped' | 'UpdateRejected',
  { update_id, request_id, version, of, leaves }: Pick<Order, 'update_id' | 'request_id' | 'version' | 'of' | 'leaves'>,
  device_id: string,
  refusal: Refused,
): UpdateFact {
  return {
    type,
    data: { update_id, device_id, request_id, version, ...reasonOf(refusal), ...of, ...given({ leaves }) },
  };
}

type Named = Pick<DataOf<'UpdateDispatched'>, 'update_id' | 'number' | 'device_id' | 'version'> &
  Pick<DataOf<'UpdateDispatched'>, 'rollout_id' | 'wave' | 'attempt' | 'rollback'>;

/** Which update an event of its end speaks of, and of which rollout it was. */
export function nameOf(plan: Named) {
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
