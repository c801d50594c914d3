import { Refused, given, refOf, type Decision, type StoredEvent } from '@edgeflow/contracts';
import { nameOf, refuse, type UpdateFact } from './answers.js';
import type { DeviceUpdateState, OpenUpdate, Success } from './device-update.state.js';
import { isUntold } from './postponement.js';
import type { Departure } from './rollout-order.js';

type Ended = Exclude<OpenUpdate, { status: 'none' }>;

/** What a rollout may count of a device that has completed an update: this one, or the one before, which another order takes it away from. */
export function successBy(update: Ended, before: Success | undefined): Success | undefined {
  const { plan, ref } = update;
  if (plan.rollout_id !== undefined && plan.rollback !== true) {
    const runs = update.status === 'ending' ? update.lost : undefined;
    return { which: nameOf(plan), ref, ...given({ runs }) };
  }
  return before && plan.version !== before.which.version ? { ...before, taken: true } : before;
}

/** The same, after the device said what it runs. Who comes up on what was taken back, or what it had said to have failed at, was told to, too. */
export function successAfter(
  { success, kept, abandoned_version, update }: DeviceUpdateState,
  event: StoredEvent<'DeviceVersionReported'>,
): Success | undefined {
  if (!success) return undefined;
  const { runs: _before, ...held } = success;
  const { version } = event.data;
  if (version === held.which.version) return held;
  // How its update ends need not be decided yet.
  const open = update.status !== 'none' && !isUntold(update) ? update.plan.version : undefined;
  const isTold = [kept?.excused, abandoned_version, open].includes(version);
  return { ...held, runs: { version, ref: refOf(event) }, ...(isTold && { taken: true as const }) };
}

export function withSuccess(state: DeviceUpdateState, success: Success | undefined): DeviceUpdateState {
  const { success: _before, ...rest } = state;
  return success ? { ...rest, success } : rest;
}

/**
 * What becomes of a success that a rollout still looks at, once its device runs something else. Without an order it was not kept, whatever was asked of the device
 * since; where somebody has taken the device elsewhere, or out of service, it says nothing of the rollout's version. Undefined while it holds, or while that is not known.
 */
export function verify(
  state: DeviceUpdateState,
  counted: Departure,
  device_id: string,
): Decision<UpdateFact> | undefined {
  const { running, update, kept, success, registration } = state;
  if (registration.status === 'revoked') {
    const gone = new Refused(
      'device-revoked',
      'The device was taken out of service, and says nothing of the version any more.',
    );
    return {
      facts: [refuse('UpdateSkipped', counted, device_id, gone)],
      cause: counted.ref,
      key: `${counted.update_id}:gone`,
    };
  }
  if (running.status === 'unknown' || running.version === counted.version) return undefined;
  // What it is told now may be why; what it did not keep is written down by itself.
  if ((update.status !== 'none' && !isUntold(update)) || kept?.lost) return undefined;
  const { update_id } = counted;
  const isOwn = success?.which.update_id === update_id;
  if (isOwn && success.runs && !success.taken) {
    const { which, runs, ref } = success;
    const detail = `The device had come to ${which.version} and runs ${runs.version}; nobody told it to.`;
    return {
      facts: [{ type: 'UpdateReverted', data: { ...which, code: 'reverted', detail, runs: runs.version } }],
      cause: { ...runs.ref, correlation_id: ref.correlation_id },
      key: `${update_id}:reverted`,
    };
  }
  const why = new Refused('superseded', `Another update has taken the device elsewhere: it runs ${running.version}.`);
  return { facts: [refuse('UpdateSkipped', counted, device_id, why)], cause: counted.ref, key: `${update_id}:taken` };
}
