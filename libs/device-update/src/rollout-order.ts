import { Refused, given, type Decision, type EventRef } from '@edgeflow/contracts';
import { accept, nameOf, refuse, reasonOf, type UpdateFact } from './answers.js';
import { isBeingInstalled } from './cancel.js';
import { givesWay } from './gives-way.js';
import { isPutOff } from './postponement.js';
import { tellAgain } from './tell.js';
import type { Queued } from './timing.js';
import { checkFit, checkRegistered, onTarget, wouldGoBack } from './checks.js';
import type { DeviceUpdateState } from './device-update.state.js';
import type { DecisionContext } from './decision-context.js';
import type { RolloutOrder } from './order.js';
import { isBroughtByAnother } from './told.js';

/** Refusals that are nobody's failure: the device turned out to be no device for this rollout. */
const SKIPS = ['device-unknown', 'device-revoked', 'model-mismatch', 'min-version-not-met', 'downgrade-refused'];
/** On the way back the device is one of the rollout's: it stays on what it was to leave, unless it was taken out. */
const SKIPS_BACK = ['device-revoked'];

/**
 * What becomes of a rollout's order for a device: an update, or the reason why there is none. Undefined while it has to wait, since
 * the device is offline or has another update open (one open update per device holds always).
 */
export function decideOrder(
  state: DeviceUpdateState,
  order: RolloutOrder,
  context: DecisionContext,
): Decision<UpdateFact> | undefined {
  const { ref: cause, key } = order;
  const answer = (type: 'UpdateSkipped' | 'UpdateRejected', refusal: Refused): Decision<UpdateFact> => ({
    facts: [refuse(type, order, context.device_id, refusal)],
    cause,
    key,
  });
  if (order.superseded_by !== undefined) return superseded(order, order.superseded_by, context);
  const off = putOffBy(state, order);
  if (off) return isPutOff(off, context.at) ? undefined : tellAgain(state, off, context);
  const { free, ended } = order.rollback ? givesWay(state, order.of.rollout_id) : { free: state, ended: [] };
  const back = order.rollback ? (isBack(free, order) ?? isElsewhere(free, order)) : isBeyond(free, order);
  if (back) return answer('UpdateSkipped', back);
  const fit = checkFit(free, order, context);
  const skips = order.rollback ? SKIPS_BACK : SKIPS;
  if (fit instanceof Refused) return answer(skips.includes(fit.code) ? 'UpdateSkipped' : 'UpdateRejected', fit);
  if (free.update.status === 'none') {
    const needless = onTarget(free, order) ?? (order.never_back ? wouldGoBack(free, order.version) : undefined);
    if (needless) return answer('UpdateSkipped', needless);
    if (free.presence.status === 'online')
      return { facts: [...ended, ...accept(free, order, fit, context)], cause, key };
  }
  return order.expired ? answer('UpdateRejected', neverReached()) : undefined;
}

/** The rollout's own update, where the device has put it off. */
function putOffBy({ update }: DeviceUpdateState, { of, rollback = false }: RolloutOrder): Queued | undefined {
  if (update.status !== 'queued' || !update.postponed || update.put_off) return undefined;
  const { plan } = update;
  return plan.rollout_id === of.rollout_id && (plan.rollback ?? false) === rollback ? update : undefined;
}

/** Why a device need not be brought back any more: it runs the version already, whether or not that could be installed. */
function isBack(state: DeviceUpdateState, order: RolloutOrder): Refused | undefined {
  return isFreeToGo(state) ? onTarget(state, order) : undefined;
}

/** Why a device is not to be brought back any more: an update of somebody else has brought it to what it runs. */
function isElsewhere(state: DeviceUpdateState, { leaves, of }: RolloutOrder): Refused | undefined {
  const { running } = state;
  if (!isFreeToGo(state) || running.status === 'unknown') return undefined;
  const { version } = running;
  const isTaken =
    version === leaves ? isBroughtByAnother(state, version, of.rollout_id) : isKeptForAnother(state, version, of);
  return isTaken ? new Refused('superseded', `Another update has brought the device to ${version}.`) : undefined;
}

function isKeptForAnother({ kept }: DeviceUpdateState, version: string, { rollout_id }: RolloutOrder['of']): boolean {
  return kept !== undefined && kept.which.version === version && kept.which.rollout_id !== rollout_id;
}

/** Why a device is not to be taken down to the rollout's version: somebody has brought it, alone and after the rollout was asked for, to a newer one. */
function isBeyond(
  state: DeviceUpdateState,
  { version, asked_at = Infinity, never_back }: RolloutOrder,
): Refused | undefined {
  const { kept, running } = state;
  if (never_back || !isFreeToGo(state) || !kept || running.status === 'unknown') return undefined;
  const { which, accepted_at = 0 } = kept;
  const isTheirs = which.rollout_id === undefined && which.version === running.version && accepted_at > asked_at;
  if (!isTheirs || !wouldGoBack(state, version)) return undefined;
  return new Refused('superseded', `Another update has brought the device to ${running.version} since.`);
}

function isFreeToGo(state: DeviceUpdateState): boolean {
  return state.update.status === 'none' && !(checkRegistered(state) instanceof Refused);
}

/** The later wish wins: the device is not told, whatever it runs. */
function superseded(order: RolloutOrder, superseded_by: string, { device_id }: DecisionContext): Decision<UpdateFact> {
  const { update_id, request_id, version, of, leaves, ref: cause, key } = order;
  const data = {
    update_id,
    device_id,
    request_id,
    version,
    ...of,
    ...reasonOf(takenOver(superseded_by)),
    ...given({ leaves, superseded_by }),
  };
  return { facts: [{ type: 'UpdateSkipped', data }], cause, key };
}

function takenOver(superseded_by: string): Refused {
  return new Refused('superseded', `The later rollout ${superseded_by} wants the device.`);
}

/** What a rollout's order needs, to be answered with why there will be no update. */
export type Departure = Pick<RolloutOrder, 'update_id' | 'request_id' | 'version' | 'of' | 'ref' | 'key'>;

/** The end of a rollout's wait for a device that was taken out of service: whichever has the id now is another one. */
export function leave({ ref: cause, key, ...order }: Departure, device_id: string): Decision<UpdateFact> {
  return { facts: [refuse('UpdateSkipped', order, device_id, new Refused('device-removed'))], cause, key };
}

function neverReached(): Refused {
  return new Refused('deadline-exceeded', 'The device was offline or busy for as long as its rollout may wait for it.');
}

/** Why an update of a rollout is withdrawn. */
export type Withdrawal = 'rollout-aborted' | 'rollout-rolled-back' | 'superseded' | 'wave-skipped';

/** A rollout takes its update back. */
export interface Recall {
  rollout_id: string;
  why: Withdrawal;
  /** The later rollout that wants the device, with `superseded`. */
  superseded_by?: string;
  cause: EventRef;
}

/**
 * Takes an update of a rollout back from its device. Undefined when there is nothing to take back: from `installing` on the device
 * finishes and reports the truth (docs/device-protocol.md, "Frames").
 * `why` is also what it is for: an abort takes back whatever the rollout has open, all else only the way out
 */
export function withdraw(
  state: DeviceUpdateState,
  { rollout_id, why, superseded_by, cause }: Recall,
): Decision<UpdateFact> | undefined {
  const { update } = state;
  if (update.status !== 'queued' && update.status !== 'dispatched') return undefined;
  const { plan } = update;
  if (plan.rollout_id !== rollout_id || (plan.rollback === true && why !== 'rollout-aborted')) return undefined;
  if (isBeingInstalled(update)) return undefined;
  const refusal = superseded_by === undefined ? new Refused(why) : takenOver(superseded_by);
  const data = { ...nameOf(plan), ...reasonOf(refusal), ...given({ superseded_by }) };
  return { facts: [{ type: 'UpdateCancelled', data }], cause, key: `${plan.update_id}:end` };
}
