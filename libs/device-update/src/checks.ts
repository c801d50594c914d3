import { lt } from 'semver';
import { Refused } from '@edgeflow/contracts';
import type { DeviceLane, PendingRequest } from './device-lane.js';
import type { CatalogEntry, FirmwareOf } from './firmware-catalog.js';

/** Either the firmware to install or why there is no update. */
export type Checked = { firmware: CatalogEntry; refusal?: never } | { firmware?: never; refusal: Refused };

/** May this request become an update now? The order is from what can never be to what may be otherwise in a minute. */
export function checkRequest(lane: DeviceLane, request: PendingRequest, firmwareOf: FirmwareOf): Checked {
  const fit = checkFit(lane, request.version, firmwareOf);
  if (fit instanceof Refused) return { refusal: fit };
  const refusal = busy(lane) ?? onTarget(lane, request) ?? offline(lane, request);
  return refusal ? { refusal } : { firmware: fit };
}

/** The firmware of `version` for this device, or why there is none that it may take. */
export function checkFit(lane: DeviceLane, version: string, firmwareOf: FirmwareOf): CatalogEntry | Refused {
  const { registration, running } = lane;
  if (registration.status === 'unknown') return new Refused('device-unknown');
  if (registration.status === 'revoked') return new Refused('device-revoked');
  const entries = firmwareOf(version);
  if (entries.length === 0) return new Refused('firmware-unknown', `There is no firmware ${version}.`);
  const firmware = entries.find((entry) => entry.model === registration.model);
  if (!firmware) {
    const models = entries.map((entry) => entry.model).join(', ');
    return new Refused('model-mismatch', `${version} is for ${models}; the device is a ${registration.model}.`);
  }
  if (firmware.revoked) return new Refused('firmware-revoked', `${version} is revoked.`);
  const { min_version } = firmware;
  if (min_version && running.status === 'known' && lt(running.version, min_version)) {
    return new Refused('min-version-not-met', `${version} needs ${min_version}; the device runs ${running.version}.`);
  }
  return firmware;
}

function busy({ update }: DeviceLane): Refused | undefined {
  if (update.status === 'none') return undefined;
  return new Refused('update-in-progress', `Update ${update.plan.update_id} to ${update.plan.version} is open.`);
}

function onTarget({ running }: DeviceLane, { version, force }: PendingRequest): Refused | undefined {
  if (force || running.status === 'unknown' || running.version !== version) return undefined;
  return new Refused('already-on-target', `The device runs ${version}; use force to apply it again.`);
}

function offline({ presence }: DeviceLane, { when_offline }: PendingRequest): Refused | undefined {
  if (presence.status === 'online' || when_offline === 'queue') return undefined;
  return new Refused('device-offline', 'The device is offline; use when_offline: "queue" to wait for it.');
}
