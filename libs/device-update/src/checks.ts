import { gt, gte, valid } from 'semver';
import { Refused } from '@edgeflow/contracts';
import type { DeviceUpdateState, Known, Registration } from './device-update.state.js';
import type { DecisionContext } from './decision-context.js';
import { firmwareFor, type CatalogEntry, type FirmwareOf } from './firmware-catalog.js';
import type { Order, UpdateRequest } from './order.js';

/** What a check looks up. */
type Catalogued = Pick<DecisionContext, 'firmwareOf' | 'rollbacks_below'>;
type Registered = Extract<Registration, { status: 'registered' }>;

/**
 * The firmware to install for an order that may become an update now, or why there is no update. The order of the checks is from what can never be to what may be
 * otherwise in a minute. Whether the device is there counts only where it is to be told now (`isNow`).
 */
export function checkOrder(
  state: DeviceUpdateState,
  order: Order,
  context: Catalogued & { isNow: boolean },
): CatalogEntry | Refused {
  const fit = checkFit(state, order, context);
  if (fit instanceof Refused) return fit;
  const needless = onTarget(state, order, '; use force to apply it again');
  return busy(state) ?? needless ?? (context.isNow ? offline(state, order) : undefined) ?? fit;
}

/** Why a request that passes over a maintenance window is none: HTTP and inboxes see to it that somebody says why, and nobody does past them. */
export function unexplained(request: UpdateRequest): Refused | undefined {
  const isOwed = request.kind === 'update' && request.ignore_window === true && (request.reason ?? '').trim() === '';
  return isOwed ? new Refused('reason-required') : undefined;
}

/** What is registered of a device, or why nothing may be asked of it. */
export function checkRegistered({ registration }: Pick<Known, 'registration'>): Registered | Refused {
  if (registration.status === 'unknown') return new Refused('device-unknown');
  return registration.status === 'revoked' ? new Refused('device-revoked') : registration;
}

/** The firmware of an order's version for this device, or why there is none that it may take. */
export function checkFit(
  state: Omit<Known, 'good'>,
  { version, rollback }: Pick<Order, 'version' | 'rollback'>,
  context: Catalogued,
): CatalogEntry | Refused {
  const { running } = state;
  const registration = checkRegistered(state);
  if (registration instanceof Refused) return registration;
  const known = context.firmwareOf(version);
  const entries = known.filter(({ withdrawn }) => !withdrawn);
  if (entries.length === 0) return new Refused('firmware-unknown', `There is no firmware ${version}.`);
  const firmware = firmwareFor(entries, registration.model);
  if (!firmware) {
    if (known.some(({ model }) => model === registration.model)) return deleted(version, registration.model);
    const models = entries.map((entry) => entry.model).join(', ');
    return rollback
      ? neverUploaded(version, registration.model, models)
      : mismatch(version, registration.model, models);
  }
  if (firmware.revoked) return revoked(version);
  if (firmware.refusal) return firmware.refusal;
  const { min_version } = firmware;
  if (min_version && running.status === 'known' && !isAtLeast(running.version, min_version)) {
    return new Refused('min-version-not-met', `${version} needs ${min_version}; the device runs ${running.version}.`);
  }
  const below = rollback && context.rollbacks_below ? undefined : wouldDowngrade(state, firmware, context.firmwareOf);
  return below ?? firmware;
}

/** Why nobody is told of a version any more. */
export function revoked(version: string): Refused {
  return new Refused('firmware-revoked', `${version} is revoked.`);
}

function mismatch(version: string, model: string, models: string): Refused {
  return new Refused('model-mismatch', `${version} is for ${models}; the device is a ${model}.`);
}

/** The version was made for the model: that it is not there any more says nothing of the device. */
function deleted(version: string, model: string): Refused {
  return new Refused('firmware-unknown', `There is no firmware ${version} for ${model} any more.`);
}

/** The device has run the version, so that it is for its model: it came from the factory with it, and nobody uploaded that image. */
function neverUploaded(version: string, model: string, models: string): Refused {
  const detail = `There is no firmware ${version} for ${model}, which the device ran before: it is here for ${models} only.`;
  return new Refused('firmware-unknown', detail);
}

/** What a device calls `factory-2019-07` is not known to be new enough. */
function isAtLeast(running: string, min_version: string): boolean {
  return valid(running) !== null && gte(running, min_version);
}

/**
 * Why a device is not to be taken below a release that it has run (TUF's rollback attack): its own installs count, and what it says
 * that it runs.
 */
function wouldDowngrade(
  state: Omit<Known, 'good'>,
  firmware: CatalogEntry,
  firmwareOf: FirmwareOf,
): Refused | undefined {
  const { release_counter, allow_downgrade, version, model } = firmware;
  if (release_counter === undefined || allow_downgrade) return undefined;
  const { running, highest_counter = 0 } = state;
  const now = running.status === 'known' ? firmwareFor(firmwareOf(running.version), model) : undefined;
  const highest = Math.max(highest_counter, now?.release_counter ?? 0);
  if (release_counter >= highest) return undefined;
  const detail = `${version} has the release counter ${release_counter}; the device has run ${highest}.`;
  return new Refused('downgrade-refused', detail, { release_counter, highest });
}

/** Why a device is not to be taken back to a version that is older than what it runs, where the two can be compared. */
export function wouldGoBack({ running }: DeviceUpdateState, version: string): Refused | undefined {
  if (running.status === 'unknown' || valid(running.version) === null || !gt(running.version, version))
    return undefined;
  return new Refused('newer-version', `The device runs ${running.version}, which is newer than ${version}.`);
}

function busy({ update }: DeviceUpdateState): Refused | undefined {
  if (update.status === 'none') return undefined;
  return new Refused('update-in-progress', `Update ${update.plan.update_id} to ${update.plan.version} is open.`);
}

/** Why a device needs no update. @param advice what to do about it, behind the reason */
export function onTarget({ running }: DeviceUpdateState, { version, force }: Order, advice = ''): Refused | undefined {
  if (force || running.status === 'unknown' || running.version !== version || running.unconfirmed) return undefined;
  return new Refused('already-on-target', `The device runs ${version}${advice}.`);
}

function offline({ presence }: DeviceUpdateState, { when_offline }: Order): Refused | undefined {
  if (presence.status === 'online' || when_offline === 'queue') return undefined;
  return new Refused('device-offline', 'The device is offline; use when_offline: "queue" to wait for it.');
}
