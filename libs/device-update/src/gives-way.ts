import { Refused, given } from '@edgeflow/contracts';
import { nameOf, reasonOf, type UpdateFact } from './answers.js';
import type { DeviceUpdateState } from './device-update.state.js';
import { isPutOff, isUntold } from './postponement.js';

/** A device without the update that only waited, and the end of that update; the device as it is where nothing is to be ended. */
interface Way {
  free: DeviceUpdateState;
  ended: UpdateFact[];
}

/**
 * What gives way to a rollback: an update of which the device was not told yet, or that somebody there has put off and that was not begun. It would keep a
 * bad version on the device for as long as it waits. Another way back does not.
 * @param rollout_id the rollout that goes back; absent where one device does
 */
export function givesWay(state: DeviceUpdateState, rollout_id?: string): Way {
  const { update } = state;
  if (update.status !== 'queued' || update.put_off !== undefined || update.plan.rollback === true)
    return { free: state, ended: [] };
  const isWaiting = isUntold(update) || isPutOff(update);
  if (!isWaiting) return { free: state, ended: [] };
  const { plan } = update;
  const by = rollout_id === undefined ? 'The rollback of the device' : `The rollback of rollout ${rollout_id}`;
  const why = new Refused('superseded', `${by} takes the place of the update, which only waited.`);
  const data = { ...nameOf(plan), ...reasonOf(why), ...given({ superseded_by: rollout_id }) };
  // One that was put off its device may begin with all the same.
  const abandoned_version = isUntold(update) ? state.abandoned_version : plan.version;
  const free: DeviceUpdateState = { ...state, update: { status: 'none' }, ...given({ abandoned_version }) };
  return { free, ended: [{ type: 'UpdateCancelled', data }] };
}
