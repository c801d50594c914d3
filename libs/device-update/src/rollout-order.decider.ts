import { PHASES, Refused } from '@edgeflow/contracts';
import { accept, nameOf, refuse, reasonOf } from './answers.js';
import { checkFit, wouldGoBack } from './checks.js';
import type { DeviceLane, EventRef } from './device-lane.js';
import type { Decision, Surroundings } from './device-update.decider.js';
import type { RolloutOrder } from './order.js';

/** Refusals that are nobody's failure: the device turned out to be no device for this rollout. */
const SKIPS = ['device-unknown', 'device-revoked', 'model-mismatch', 'min-version-not-met', 'downgrade-refused'];

/**
 * What becomes of a rollout's order for a device: an update, or the reason why there is none. Undefined while it has to wait, since
 * the device is offline or has another update open (one open update per device holds always).
 */
export function decideOrder(lane: DeviceLane, order: RolloutOrder, around: Surroundings): Decision | undefined {
  const { ref: cause, key } = order;
  const answer = (type: 'UpdateSkipped' | 'UpdateRejected', refusal: Refused): Decision => ({
    facts: [refuse(type, order, around.device_id, refusal)],
    cause,
    key,
  });
  const fit = checkFit(lane, order, around);
  if (fit instanceof Refused) return answer(SKIPS.includes(fit.code) ? 'UpdateSkipped' : 'UpdateRejected', fit);
  if (lane.update.status === 'none') {
    const needless = onTarget(lane, order) ?? (order.never_back ? wouldGoBack(lane, order.version) : undefined);
    if (needless) return answer('UpdateSkipped', needless);
    if (lane.presence.status === 'online') return { facts: accept(lane, order, fit, around), cause, key };
  }
  return order.expired ? answer('UpdateRejected', neverReached()) : undefined;
}

function onTarget({ running }: DeviceLane, { version, force }: RolloutOrder): Refused | undefined {
  if (force || running.status === 'unknown' || running.version !== version) return undefined;
  return new Refused('already-on-target', `The device runs ${version}.`);
}

function neverReached(): Refused {
  return new Refused('deadline-exceeded', 'The device was offline or busy for as long as its rollout may wait for it.');
}

/** Why an update of a rollout is withdrawn. */
export type Withdrawal = 'rollout-aborted' | 'rollout-rolled-back';

/**
 * Takes an update of a rollout back from its device. Undefined when there is nothing to take back: from `installing` on the device
 * finishes and reports the truth (DESIGN.md section 8).
 * @param why also what it is for: a rollback takes back only the way out, an abort whatever the rollout has open
 */
export function withdraw(lane: DeviceLane, rolloutId: string, why: Withdrawal, cause: EventRef): Decision | undefined {
  const { update } = lane;
  if (update.status !== 'queued' && update.status !== 'dispatched') return undefined;
  const { plan } = update;
  if (plan.rollout_id !== rolloutId || (plan.rollback === true && why === 'rollout-rolled-back')) return undefined;
  if (update.status === 'dispatched' && update.phase !== undefined && isInstalling(update.phase)) return undefined;
  const data = { ...nameOf(plan), ...reasonOf(new Refused(why)) };
  return { facts: [{ type: 'UpdateCancelled', data }], cause, key: `${plan.update_id}:end` };
}

function isInstalling(phase: (typeof PHASES)[number]): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf('installing');
}
