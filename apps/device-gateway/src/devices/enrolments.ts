import type { DeviceSigning } from '@edgeflow/contracts';
import type { UnprovenClaim } from '@edgeflow/identity';
import type { ClaimedRegistration } from '../claims/claimed-registration.js';
import type { Signatures } from '../session/delivery/signatures.js';
import { ignoredOf } from './device-change.js';
import type { Registration } from './device.decider.js';
import type { Devices } from './devices.js';
import type { Recorded } from './recorded-registration.js';

/** A device as it is registered now, with what it verifies its firmware by. */
export interface Enrolled extends Recorded {
  signing: DeviceSigning;
  /** What of a device that was registered before was asked for and is otherwise. */
  ignored: Pick<Registration, 'fleet' | 'tags'> | undefined;
}

/** How a device comes to be registered: by an admin, or by itself with a claim token. */
export class Enrolments {
  constructor(
    private readonly devices: Devices,
    private readonly claimed: ClaimedRegistration,
    private readonly signatures: Signatures,
  ) {}

  /**
   * @param claim what the device shows; nothing where somebody has proved already that he may register devices of the organization
   * @throws Refused as `Devices.register` and `ClaimedRegistration.register` do
   */
  async register(org: string, registration: Registration, claim?: UnprovenClaim): Promise<Enrolled> {
    const recorded = await (claim
      ? this.claimed.register(org, registration, claim)
      : this.devices.register(org, registration));
    // After the claim was proven: before it, a caller's org is only what it says.
    const signing = await this.signatures.signingOf(org);
    return { ...recorded, signing, ignored: recorded.isNew ? undefined : ignoredOf(registration, recorded.data) };
  }
}
