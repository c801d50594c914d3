import { Refused } from '@edgeflow/contracts';
import { verifyDeviceToken, type DeviceIdentity, type DeviceKeyLookup } from '@edgeflow/identity';
import type { Devices, KnownDevice } from './devices.js';

/** A device that has proved who it is, and what the log says of it: it may be revoked. */
export interface ProvenDevice {
  device: DeviceIdentity;
  known: KnownDevice;
}

/**
 * Which device a token comes from, by the key that is in force and the log's time.
 * @throws Refused 'unauthorized', 'too-many-requests', 'log-unavailable'
 */
export async function proveDevice(devices: Pick<Devices, 'find' | 'now'>, token: string): Promise<ProvenDevice> {
  let known: KnownDevice | undefined;
  const keyOf: DeviceKeyLookup = async (org, device_id) => {
    known = await devices.find({ org, device_id });
    return known?.public_key;
  };
  const device = await verifyDeviceToken(token, keyOf, { now: () => devices.now() });
  if (!known) throw new Refused('unauthorized');
  return { device, known };
}
