import type { StoredEvent } from '@edgeflow/contracts';
import { GOOD_MAX, type DeviceUpdateState, type Told } from './device-update.state.js';

/**
 * The state after its device was told of a version. Who tells it what it runs already does not bring it there: whoever did before has.
 * A version that it is told of again is left behind no more.
 */
export function telling(state: DeviceUpdateState, { data }: StoredEvent<'UpdateDispatched'>): DeviceUpdateState {
  if (data.rollback === true) return state;
  const { version, update_id, rollout_id = null } = data;
  const { running, told = [] } = state;
  const isThere = running.status === 'known' && running.version === version && !running.unconfirmed;
  const known = told.find((one) => one.version === version);
  const now = isThere && known ? known : { version, update_id, rollout_id };
  return { ...withoutLeft(state, version), told: [...told.filter((one) => one !== known), now].slice(-GOOD_MAX) };
}

function withoutLeft(state: DeviceUpdateState, version: string): DeviceUpdateState {
  const { left, ...rest } = state;
  const still = left?.filter((one) => one.version !== version) ?? [];
  return still.length > 0 ? { ...rest, left: still } : rest;
}

/** The state after an update was completed: it is what brought its device to the version. */
export function brought(state: DeviceUpdateState, update_id: string): DeviceUpdateState {
  const { told } = state;
  if (!told) return state;
  const complete = (one: Told): Told => (one.update_id === update_id ? { ...one, completed: true } : one);
  return { ...state, told: told.map(complete) };
}

/**
 * True where somebody else has brought the device to a version since a rollout told it of that too: it is not that rollout's to take it away (docs/rollouts.md,
 * "Rollback"). The query of the rollout's devices says the same (`BROUGHT_BY_ANOTHER`).
 */
export function isBroughtByAnother({ told = [] }: DeviceUpdateState, version: string, rollout_id: string): boolean {
  return told.some((one) => one.version === version && one.rollout_id !== rollout_id && one.completed === true);
}
