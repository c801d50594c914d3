import type { DevicePublicKey } from '@edgeflow/contracts';
import { isSignedBy } from '@edgeflow/identity';
import { deviceKey, type DeviceAddress } from '../../../devices/device-address.js';

/** Devices remembered: more than a gateway has tunnels (MAX_TUNNELS), at some hundred bytes each. */
const DEVICES_MAX = 32_768;

/**
 * With which keys devices came in here lately. A hint only, of who is worth to be looked at before others: it lets nobody in, so that
 * a key that was replaced or revoked meanwhile may stay.
 */
export class ProvenKeys {
  /** The device that came in longest ago is first. */
  private readonly keys = new Map<string, DevicePublicKey>();

  /** @param now the time by which tokens are judged */
  constructor(private readonly now: () => Date) {}

  /** Takes note of a key that the log had in force a moment ago. */
  remember(device: DeviceAddress, key: DevicePublicKey): void {
    const name = deviceKey(device);
    this.keys.delete(name);
    this.keys.set(name, key);
    const [oldest] = this.keys.keys();
    if (this.keys.size > DEVICES_MAX && oldest !== undefined) this.keys.delete(oldest);
  }

  /** Whether a token is signed by the key that the device came in with; without any look into the log. */
  has(device: DeviceAddress, token: string): boolean {
    const key = this.keys.get(deviceKey(device));
    return key !== undefined && isSignedBy(token, key, this.now);
  }
}
