import { Refused, given, type Decision } from '@edgeflow/contracts';
import { fromOf, knownKeys, nameOf, reasonOf, type UpdateFact } from './answers.js';
import { isBeingInstalled } from './cancel.js';
import { checkFit, revoked } from './checks.js';
import type { CatalogEntry } from './firmware-catalog.js';
import { hasBegun } from './postponement.js';
import type { DecisionContext } from './decision-context.js';
import type { DeviceUpdateState } from './device-update.state.js';
import { deadlineOf, type Queued, type TimedContext } from './timing.js';

/** A queued update whose time has come, and whose device is there. */
export function tell(state: DeviceUpdateState, update: Queued, context: TimedContext): Decision<UpdateFact> {
  const { ref, postponed } = update;
  const { presence } = state;
  const isCome = presence.status === 'online' && !postponed;
  const cause = isCome ? { ...presence.since, correlation_id: ref.correlation_id } : ref;
  return dispatch(state, update, context, { cause, ...deadlineOf(state, update, context) });
}

/**
 * A rollout tells a device again of an update that was put off, once it is its turn. While others had theirs its time did not run: it has as
 * much as when it was put off.
 */
export function tellAgain(state: DeviceUpdateState, update: Queued, context: DecisionContext): Decision<UpdateFact> {
  const { due_at, postponed, ref: cause } = update;
  const waited_ms = postponed ? Math.max(0, context.at.getTime() - Date.parse(postponed.until)) : 0;
  const deadline_at = new Date(Date.parse(due_at) + waited_ms).toISOString();
  return dispatch(state, update, context, { cause, deadline_at });
}

/**
 * The end of an update that only waits, once its image is revoked: it can never be told, and its device is free for another one. Undefined where it may still be
 * told, and where its device has begun with it.
 */
export function revokedMeanwhile(update: Queued, { firmwareOf }: DecisionContext): Decision<UpdateFact> | undefined {
  const { plan, ref: cause } = update;
  const image = firmwareOf(plan.version).find(({ firmware_id }) => firmware_id === plan.firmware_id);
  if (!image?.revoked || hasBegun(update)) return undefined;
  const reason = reasonOf(revoked(plan.version));
  return {
    facts: [{ type: 'UpdateCancelled', data: { ...nameOf(plan), ...reason } }],
    cause,
    key: `${plan.update_id}:end`,
  };
}

/** What held when it was accepted may not hold any more. */
function dispatch(
  state: DeviceUpdateState,
  update: Queued,
  context: DecisionContext,
  { cause, deadline_at }: Pick<Decision<UpdateFact>, 'cause'> & { deadline_at?: string },
): Decision<UpdateFact> {
  const { plan, ref, postponed } = update;
  // One that was put off is dispatched once more, each time.
  const key = postponed ? `${plan.update_id}:dispatch:${ref.id}` : `${plan.update_id}:dispatch`;
  const order = { version: plan.version, rollback: plan.rollback === true };
  const checked = checkFit(state, order, hasBegun(update) ? evenRevoked(context) : context);
  // What a device installs that has put it off is not taken back: it finishes.
  if (checked instanceof Refused && !isBeingInstalled(update)) {
    return { facts: [{ type: 'UpdateCancelled', data: { ...nameOf(plan), ...reasonOf(checked) } }], cause, key };
  }
  // What it ran, and in which boot, when the update was accepted: it may name another boot by now, or none.
  const { from_version: _version, from_boot_id: _boot, known_keys: _keys, ...wanted } = plan;
  const from = state.running.status === 'known' ? fromOf(state.running, plan.version) : {};
  // It may have been signed again while it waited: what the device is shown is the newest signature.
  const signed =
    checked instanceof Refused ? {} : { ...given(signatureIn(checked)), ...knownKeys(state, checked.signed_by) };
  const data = { ...wanted, ...signed, ...from, ...given({ deadline_at }) };
  return { facts: [{ type: 'UpdateDispatched', data }], cause, key };
}

function signatureIn({ release_counter, signed_by }: CatalogEntry) {
  return { release_counter, signed_by };
}

/** What a device has begun with before its image was revoked it goes on with (docs/device-protocol.md, "A device's states"). */
function evenRevoked(context: DecisionContext): DecisionContext {
  const firmwareOf = (version: string) => context.firmwareOf(version).map((entry) => ({ ...entry, revoked: false }));
  return { ...context, firmwareOf };
}
