import { given } from '@edgeflow/contracts';
import type { DecisionContext } from './decision-context.js';
import type { DeviceUpdateState } from './device-update.state.js';
import { updateIdOf, type Order, type UpdateRequest } from './order.js';
import { wayBack } from './way-back.js';

/** The order in a request; undefined for a rollback that leads nowhere. A device that is offline is rolled back when it comes. */
export function orderOf(state: DeviceUpdateState, request: UpdateRequest, context: DecisionContext): Order | undefined {
  const { org, device_id } = context;
  const { request_id, ref, requested_by, source } = request;
  const about = {
    ...{ request_id, ref, key: `${request_id}:${request.position}` },
    update_id: updateIdOf(org, request_id, device_id),
    ...given({ requested_by, source }),
  };
  if (request.kind === 'rollback') {
    const version = wayBack(state, context);
    const leaves = state.running.status === 'known' ? state.running.version : undefined;
    return version === undefined
      ? undefined
      : { ...about, version, ...given({ leaves }), force: false, rollback: true, when_offline: 'queue' };
  }
  const { version, force = false, when_offline = 'reject', deadline_s, start_at, window, ignore_window } = request;
  const timing = given({ start_at, window, ignore_window });
  return { ...about, version, force, when_offline, timing, ...given({ deadline_s }) };
}
