/** Devices as events, written straight into the log: how they register is not measured where they are needed. */
import { toEvent } from '@edgeflow/contracts';

/** What one atomic batch takes (ADR-50 of NATS). */
const BATCH = 1_000;

const envelope = (id) => ({ id, source: '/bench', time: new Date().toISOString() });

/** One event of a device, with an id of its own. */
function deviceEvent(org, type, data) {
  const stream = { org, entity: 'device', entity_id: data.device_id };
  return toEvent(stream, { type, data }, envelope(`evt_${type}_${data.device_id}_${data.boot_id ?? ''}`));
}

/** What `POST /gateway/v1/devices` writes; and with `version` that they have reported it. */
export async function register(log, org, { devices, version, ...each }) {
  const events = devices.flatMap((device_id) => [
    deviceEvent(org, 'DeviceRegistered', { ...each, device_id, registered_by: 'bench' }),
    ...(version === undefined ? [] : [reportedVersion(org, device_id, version)]),
  ]);
  for (let n = 0; n < events.length; n += BATCH) await log.append(events.slice(n, n + BATCH), { after: 0 });
}

/** Ids of devices, each with the name of what they are for. */
export const deviceIds = (name, count) =>
  Array.from({ length: count }, (_, n) => `${name}-${String(n).padStart(6, '0')}`);

/** A device says that it runs another version. */
export const reportedVersion = (org, device_id, version) =>
  deviceEvent(org, 'DeviceVersionReported', { device_id, model: 'bench', version, boot_id: `boot_${version}` });
