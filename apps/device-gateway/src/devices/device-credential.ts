import { Refused } from '@edgeflow/contracts';
import { newUsedTokens, verifyDeviceToken, type DeviceIdentity, type DeviceKeyLookup } from '@edgeflow/identity';
import type { Devices, KnownDevice } from './devices.js';

/** A device that has proved who it is, and what the log says of it: it may be revoked. */
export interface ProvenDevice {
  device: DeviceIdentity;
  known: KnownDevice;
}

/** What devices prove themselves by at this gateway, wherever they do: a token that was used for one thing is good for nothing else. */
export class DeviceCredentials {
  private readonly used = newUsedTokens();

  constructor(private readonly devices: Pick<Devices, 'find' | 'now'>) {}

  /** The time by which tokens are judged. */
  now(): Date {
    return this.devices.now();
  }

  /**
   * Which device a token comes from, by the key that is in force and the log's time.
   * @throws Refused 'unauthorized', 'too-many-requests', 'log-unavailable'
   */
  async prove(token: string): Promise<ProvenDevice> {
    let known: KnownDevice | undefined;
    const keyOf: DeviceKeyLookup = async (org, device_id) => {
      known = await this.devices.find({ org, device_id });
      return known?.public_key;
    };
    const device = await verifyDeviceToken(token, keyOf, { used: this.used, now: () => this.now() });
    if (!known) throw new Refused('unauthorized');
    return { device, known };
  }
}
