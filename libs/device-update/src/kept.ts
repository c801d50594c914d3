import { given, refOf, type Decision, type StoredEvent } from '@edgeflow/contracts';
import { nameOf, type UpdateFact } from './answers.js';
import { isUntold } from './postponement.js';
import { successBy, withSuccess } from './success.js';
import type { DeviceUpdateState, Kept, Lost, OpenUpdate } from './device-update.state.js';

type Reported = StoredEvent<'DeviceVersionReported'>;

/** That its device runs something else than the update brought it to; with its word on why, where it has said that of this update. */
function lostBy(kept: { update_id: string; version: string }, event: Reported): Lost | undefined {
  const { version, failed } = event.data;
  if (version === kept.version) return undefined;
  const said = failed?.update_id === kept.update_id ? { said: `${failed.code}: ${failed.message}` } : {};
  return { version, ...said, ref: refOf(event) };
}

/** An update of which it is known that it is completed, and not written down yet: what its device says then counts after it. */
export function endingAfter(update: OpenUpdate, event: Reported): OpenUpdate {
  if (update.status !== 'ending' || update.ending.outcome !== 'completed' || update.lost) return update;
  const lost = lostBy(update.plan, event);
  return lost ? { ...update, lost } : update;
}

/**
 * What a device has kept after it said what it runs. While an update is open that is this update's story, and the first word counts; of one that only
 * waits the device was not told, and no more than its version is its story.
 */
export function keptAfter({ kept, update }: DeviceUpdateState, event: Reported): Kept | undefined {
  if (!kept || kept.lost || (update.status !== 'none' && !isUntold(update))) return kept;
  const lost = lostBy(kept.which, event);
  if (!lost || (update.status !== 'none' && lost.version === update.plan.version)) return kept;
  return lost.version === kept.excused ? undefined : { ...kept, lost };
}

export function withKept(state: DeviceUpdateState, kept: Kept | undefined): DeviceUpdateState {
  const { kept: _before, ...rest } = state;
  return kept ? { ...rest, kept } : rest;
}

/** The state after its update was completed: from now on the device is to keep it. */
export function keeping(state: DeviceUpdateState, update: Exclude<OpenUpdate, { status: 'none' }>): DeviceUpdateState {
  const { plan, ref } = update;
  if (update.status === 'ending' && update.gone) return { ...state, update: { status: 'none' } };
  const lost = update.status === 'ending' ? update.lost : undefined;
  const kept = { which: nameOf(plan), ref, ...given({ lost, accepted_at: state.last_accepted_at }) };
  return withSuccess({ ...state, update: { status: 'none' }, kept }, successBy(update, state.success));
}

/** The state after its update ended otherwise. Who runs what it was to keep still has to; anything else it was told, or failed to run. */
export function stillKeeping(state: DeviceUpdateState, version: string): DeviceUpdateState {
  const { kept, running, update } = state;
  const next: DeviceUpdateState = { ...state, update: { status: 'none' } };
  const holds = running.status === 'known' && running.version === kept?.which.version;
  if (!kept || (!holds && !kept.lost)) return withKept(next, undefined);
  const isExcused = version !== kept.which.version && !isUntold(update);
  return withKept(next, { ...kept, ...(isExcused && { excused: version }) });
}

/** The state once it stands in the log that the device did not keep an update. */
export function forgetting(state: DeviceUpdateState, update_id: string): DeviceUpdateState {
  const { kept, success } = state;
  const next = kept?.which.update_id === update_id ? withKept(state, undefined) : state;
  return success?.which.update_id === update_id ? withSuccess(next, undefined) : next;
}

/** That a device did not keep what it had been brought to; undefined while there is nothing to say. Once for each completed update. */
export function reverted({ kept }: DeviceUpdateState): Decision<UpdateFact> | undefined {
  if (!kept?.lost) return undefined;
  const { which, ref, lost } = kept;
  const { update_id, version } = which;
  const { version: runs, said } = lost;
  const why = said === undefined ? 'nobody told it to.' : `it says why: ${said}`;
  const detail = `The device had completed the update to ${version} and runs ${runs}; ${why}`.slice(0, 1024);
  return {
    facts: [{ type: 'UpdateReverted', data: { ...which, code: 'reverted', detail, runs, ...given({ said }) } }],
    cause: { ...lost.ref, correlation_id: ref.correlation_id },
    key: `${update_id}:reverted`,
  };
}
