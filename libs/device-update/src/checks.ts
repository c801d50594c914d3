import { gt, gte, valid } from 'semver';
import { Refused } from '@edgeflow/contracts';
import type { DeviceLane, Registration } from './device-lane.js';
import type { Surroundings } from './device-update.decider.js';
import type { CatalogEntry, FirmwareOf } from './firmware-catalog.js';
import type { Order } from './order.js';

/** What a check looks up. */
type Catalogued = Pick<Surroundings, 'firmwareOf' | 'rollbacks_below'>;
type Registered = Extract<Registration, { status: 'registered' }>;

/** Either the firmware to install or why there is no update. */
export type Checked = { firmware: CatalogEntry; refusal?: never } | { firmware?: never; refusal: Refused };

/** May this order become an update now? The order of the checks is from what can never be to what may be otherwise in a minute. */
export function checkOrder(lane: DeviceLane, order: Order, around: Catalogued): Checked {
  const fit = checkFit(lane, order, around);
  if (fit instanceof Refused) return { refusal: fit };
  const refusal = busy(lane) ?? onTarget(lane, order) ?? offline(lane, order);
  return refusal ? { refusal } : { firmware: fit };
}

/** What is registered of a device, or why nothing may be asked of it. */
export function checkRegistered({ registration }: DeviceLane): Registered | Refused {
  if (registration.status === 'unknown') return new Refused('device-unknown');
  return registration.status === 'revoked' ? new Refused('device-revoked') : registration;
}

/** The firmware of an order's version for this device, or why there is none that it may take. */
export function checkFit(
  lane: DeviceLane,
  { version, rollback }: Pick<Order, 'version' | 'rollback'>,
  around: Catalogued,
): CatalogEntry | Refused {
  const { running } = lane;
  const registration = checkRegistered(lane);
  if (registration instanceof Refused) return registration;
  const entries = around.firmwareOf(version);
  if (entries.length === 0) return new Refused('firmware-unknown', `There is no firmware ${version}.`);
  const firmware = entries.find((entry) => entry.model === registration.model);
  if (!firmware) {
    const models = entries.map((entry) => entry.model).join(', ');
    return new Refused('model-mismatch', `${version} is for ${models}; the device is a ${registration.model}.`);
  }
  if (firmware.revoked) return new Refused('firmware-revoked', `${version} is revoked.`);
  if (firmware.refusal) return firmware.refusal;
  const { min_version } = firmware;
  if (min_version && running.status === 'known' && !isAtLeast(running.version, min_version)) {
    return new Refused('min-version-not-met', `${version} needs ${min_version}; the device runs ${running.version}.`);
  }
  const below = rollback && around.rollbacks_below ? undefined : wouldDowngrade(lane, firmware, around.firmwareOf);
  return below ?? firmware;
}

/** What a device calls `factory-2019-07` is not known to be new enough. */
function isAtLeast(running: string, min_version: string): boolean {
  return valid(running) !== null && gte(running, min_version);
}

/**
 * Why a device is not to be taken below a release that it has run (TUF's rollback attack): its own installs count, and what it says
 * that it runs.
 */
function wouldDowngrade(lane: DeviceLane, firmware: CatalogEntry, firmwareOf: FirmwareOf): Refused | undefined {
  const { release_counter, allow_downgrade, version, model } = firmware;
  if (release_counter === undefined || allow_downgrade) return undefined;
  const { running, highest_counter = 0 } = lane;
  const now = running.status === 'known' ? firmwareOf(running.version).find((one) => one.model === model) : undefined;
  const highest = Math.max(highest_counter, now?.release_counter ?? 0);
  if (release_counter >= highest) return undefined;
  const detail = `${version} has the release counter ${release_counter}; the device has run ${highest}.`;
  return new Refused('downgrade-refused', detail, { release_counter, highest });
}

/** Why a device is not to be taken back to a version that is older than what it runs, where the two can be compared. */
export function wouldGoBack({ running }: DeviceLane, version: string): Refused | undefined {
  if (running.status === 'unknown' || valid(running.version) === null || !gt(running.version, version))
    return undefined;
  return new Refused('newer-version', `The device runs ${running.version}, which is newer than ${version}.`);
}

function busy({ update }: DeviceLane): Refused | undefined {
  if (update.status === 'none') return undefined;
  return new Refused('update-in-progress', `Update ${update.plan.update_id} to ${update.plan.version} is open.`);
}

function onTarget({ running }: DeviceLane, { version, force }: Order): Refused | undefined {
  if (force || running.status === 'unknown' || running.version !== version) return undefined;
  return new Refused('already-on-target', `The device runs ${version}; use force to apply it again.`);
}

function offline({ presence }: DeviceLane, { when_offline }: Order): Refused | undefined {
  if (presence.status === 'online' || when_offline === 'queue') return undefined;
  return new Refused('device-offline', 'The device is offline; use when_offline: "queue" to wait for it.');
}
