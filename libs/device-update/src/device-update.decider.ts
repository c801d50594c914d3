import { Refused, deriveId, given, unreachable, type Decider, type Decision } from '@edgeflow/contracts';
import { accept, nameOf, refuse, type UpdateFact } from './answers.js';
import { unknownDevice, type DeviceUpdateState, type OpenUpdate, type PendingRequest } from './device-update.state.js';
import { evolve, pass, type DeviceUpdateEvent } from './device-update.evolve.js';
import { cancel, cancelIn } from './cancel.js';
import { checkOrder, checkRegistered, unexplained } from './checks.js';
import { givesWay } from './gives-way.js';
import { reverted } from './kept.js';
import { backOnLeft, isBackOnLeft } from './left-behind.js';
import { updateIdOf, type RolloutOrder, type UpdateRequest } from './order.js';
import { orderOf } from './requested-order.js';
import { overdue } from './phase-deadline.js';
import { isPutOff, isToldByRollout, postpone } from './postponement.js';
import { decideOrder, leave, withdraw, type Departure, type Recall } from './rollout-order.js';
import type { DecisionContext } from './decision-context.js';
import { verify } from './success.js';
import { revokedMeanwhile, tell } from './tell.js';
import { firstOpening, mayBeTold, rescheduled, timingOf, type TimedContext } from './timing.js';

/** What may be asked of what is known of a device. */
export type DeviceCommand =
  /** The next step, whatever that is. */
  | ({ type: 'Proceed' } & TimedContext)
  /** A rollout wants its update. */
  | ({ type: 'Order'; order: RolloutOrder } & DecisionContext)
  /** A rollout waits for a device that was taken out of service. */
  | { type: 'Leave'; order: Departure; device_id: string }
  /** A rollout counts the device as a success, and may do so only while it runs the version. @see verify */
  | { type: 'Verify'; counted: Departure; device_id: string }
  /** A rollout takes its update back. @see withdraw */
  | ({ type: 'Withdraw' } & Recall);

/** The updates of one device. What it decides goes to the device's update stream. */
export const updateDecider: Decider<DeviceUpdateState, DeviceCommand, UpdateFact, DeviceUpdateEvent['type']> = {
  initial: unknownDevice,
  evolve,
  pass,
  decide: (command, state) => decisionOn(command, state) ?? [],
};

function decisionOn(command: DeviceCommand, state: DeviceUpdateState): Decision<UpdateFact> | undefined {
  switch (command.type) {
    case 'Proceed':
      return proceed(state, command);
    case 'Order':
      return decideOrder(state, command.order, command);
    case 'Leave':
      return leave(command.order, command.device_id);
    case 'Verify':
      return verify(state, command.counted, command.device_id);
    case 'Withdraw':
      return withdraw(state, command);
    default:
      return unreachable(command);
  }
}

/** True while the device waits for a decision: what the dispatcher's to-do list holds, but for what is to be told in time. */
export function isDue(state: DeviceUpdateState): boolean {
  const { update, requests, kept } = state;
  if (update.status === 'ending' || requests.length > 0 || kept?.lost !== undefined || isBackOnLeft(state)) return true;
  if (update.status === 'dispatched') return update.put_off !== undefined;
  if (update.status !== 'queued') return false;
  const isAtOnce = timingOf(state) === undefined && !isPutOff(update);
  return update.put_off !== undefined || (isAtOnce && isNext(state));
}

/** True for a queued update whose device is there: whether it is the time as well, is for the windows to say. */
export function isNext({ update, presence }: Pick<DeviceUpdateState, 'update' | 'presence'>): boolean {
  return update.status === 'queued' && presence.status === 'online';
}

/** The next step for one device, or undefined when there is nothing to do. */
function proceed(state: DeviceUpdateState, context: TimedContext): Decision<UpdateFact> | undefined {
  const { update } = state;
  // Before the end of another update, which is what the device keeps from then on.
  const lost = reverted(state) ?? backOnLeft(state);
  if (lost) return lost;
  if (update.status === 'ending') return end(update);
  const later = postpone(update) ?? rescheduled(state, context) ?? overdue(update, context.at);
  if (later) return later;
  const withdrawn = cancelIn(state);
  if (withdrawn) return cancel(state, withdrawn, context.device_id);
  const revoked = update.status === 'queued' ? revokedMeanwhile(update, context) : undefined;
  if (revoked) return revoked;
  if (update.status === 'queued' && isNext(state) && !isPutOff(update, context.at) && !isToldByRollout(update)) {
    if (mayBeTold(state, update, context)) return tell(state, update, context);
  }
  const [request] = state.requests;
  return request && request.kind !== 'cancel' ? answer(state, request, context) : undefined;
}

function answer(state: DeviceUpdateState, request: UpdateRequest, context: TimedContext): Decision<UpdateFact> {
  const order = orderOf(state, request, context);
  if (!order) return nowhereToGoBack(state, request, context);
  const { ref: cause, key, timing } = order;
  // A rollback is what an operator does about a bad release: it waits for no window.
  const opens = timing ? firstOpening(state, timing, context) : context.at;
  const isNow = opens instanceof Date && opens.getTime() <= context.at.getTime();
  const { free, ended } = order.rollback ? givesWay(state) : { free: state, ended: [] };
  const fit = checkOrder(free, order, { ...context, isNow });
  const checked = unexplained(request) ?? (fit instanceof Refused || opens instanceof Date ? fit : opens);
  if (checked instanceof Refused) {
    const type = checked.code === 'already-on-target' ? 'UpdateSkipped' : 'UpdateRejected';
    return { facts: [refuse(type, order, context.device_id, checked)], cause, key };
  }
  const facts = accept(free, order, checked, context, isNow || opens instanceof Refused ? undefined : opens);
  return {
    facts: request.kind === 'rollback' ? [triggered(request, order.version, context), ...ended, ...facts] : facts,
    cause,
    key,
  };
}

function nowhereToGoBack(
  state: DeviceUpdateState,
  { request_id, ref, position }: UpdateRequest,
  { org, device_id }: DecisionContext,
): Decision<UpdateFact> {
  const registered = checkRegistered(state);
  const { code, detail } = registered instanceof Refused ? registered : new Refused('no-good-version');
  const update_id = updateIdOf(org, request_id, device_id);
  const data = { update_id, device_id, request_id, code, detail };
  return { facts: [{ type: 'UpdateRejected', data }], cause: ref, key: `${request_id}:${position}` };
}

/** Says why the device goes back, on a rollout's stream of its own: no rollout is behind it. */
function triggered(
  { request_id, reason, requested_by, role, source }: PendingRequest & { kind: 'rollback' },
  version: string,
  { org, device_id }: DecisionContext,
): UpdateFact {
  return {
    type: 'RollbackTriggered',
    data: {
      ...{ rollout_id: deriveId('rbk', org, request_id), cause: 'operator', request_id, device_id, version },
      ...given({ reason, requested_by, role, source }),
    },
  };
}

function end({ plan, ref, ending, evidence, gone }: OpenUpdate & { status: 'ending' }): Decision<UpdateFact> {
  const { update_id, firmware_id } = plan;
  const cause = { ...evidence, correlation_id: ref.correlation_id };
  const key = `${update_id}:end`;
  const which = nameOf(plan);
  if (ending.outcome === 'completed') {
    const booted = ending.boot_id === undefined ? {} : { boot_id: ending.boot_id };
    return {
      facts: [{ type: 'UpdateCompleted', data: { ...which, firmware_id, ...booted } }],
      cause,
      key,
    };
  }
  const { code, detail } = ending;
  const type = ending.outcome === 'failed' ? 'UpdateFailed' : 'UpdateCancelled';
  return { facts: [{ type, data: { ...which, code, detail, ...(gone && { device_removed: gone }) } }], cause, key };
}
