import { Refused, deriveId, laneSubject, toEvent, type DataOf, type OtaEvent } from '@edgeflow/contracts';
import { hasMovedOn, type EventLog } from '@edgeflow/event-log';
import type { UnprovenClaim } from '@edgeflow/identity';
import { registeredAlready, registeredEvent, type Recorded, type Registration } from '../devices/registering.js';
import { SOURCE, deviceLane } from '../tunnel/tunnel.events.js';
import { decideAdmission } from './claim.decider.js';
import { ClaimTurns } from './claim-turns.js';
import { claimLane, type Claims } from './claims.js';

/** How often a registration is decided anew: other gateways may let devices in with the same claim. */
const TRIES_MAX = 20;

/** Lets devices register themselves with a claim token. */
export class ClaimedRegistration {
  private readonly turns = new ClaimTurns();

  constructor(
    private readonly log: EventLog,
    private readonly claims: Claims,
  ) {}

  /**
   * Registers a device and takes one use of the claim, in one atomic append: a claim lets in as many devices as it has uses, however
   * many come at once. A device that it has let in before is registered already, and takes none.
   * @throws Refused `unauthorized` (whatever is wrong with the claim), `claim-mismatch`, `device-exists`, `device-revoked`,
   *   `service-unavailable` when too many come at once, `log-unavailable`, `log-full`
   */
  register(
    org: string,
    registration: Registration,
    { claim_id, secret }: UnprovenClaim,
  ): Promise<Recorded<Registration>> {
    return this.turns.run(`${org}/${claim_id}`, async () => {
      for (let n = 1; n <= TRIES_MAX; n++) {
        const recorded = await this.attempt(org, { ...registration, claim_id }, secret);
        if (recorded) return recorded;
      }
      throw new Refused('service-unavailable', 'Too many devices use the claim token at the same time');
    });
  }

  /** @returns undefined when a lane has moved on meanwhile */
  private async attempt(
    org: string,
    registration: Registration & { claim_id: string },
    secret: string,
  ): Promise<Recorded<Registration> | undefined> {
    const { claim_id, device_id } = registration;
    const [claim, device] = await Promise.all([
      this.claims.find(org, claim_id),
      this.log.lastOfEach(deviceLane({ org, device_id })),
    ]);
    const again = device.last.DeviceRegistered?.data.claim_id === claim_id;
    const admitted = decideAdmission(claim, registration, { secret, at: new Date(), again });
    if (admitted instanceof Refused) throw admitted;
    const known = registeredAlready(device, admitted);
    if (known) return known;
    const registered = registeredEvent(org, admitted);
    const after = new Map([
      [laneSubject(deviceLane({ org, device_id })), device.position],
      [laneSubject(claimLane(org, claim_id)), claim.position],
    ]);
    try {
      const { first } = await this.log.append([registered, usedEvent(org, { claim_id, device_id }, registered)], {
        after,
      });
      return { data: admitted, position: first, isNew: true };
    } catch (error) {
      if (hasMovedOn(error)) return undefined;
      throw error;
    }
  }
}

function usedEvent(org: string, data: DataOf<'ClaimUsed'>, cause: OtaEvent): OtaEvent<'ClaimUsed'> {
  const id = deriveId('evt', org, data.claim_id, data.device_id, 'claimed');
  const about = { id, source: SOURCE, time: cause.time, cause };
  return toEvent(claimLane(org, data.claim_id), { type: 'ClaimUsed', data }, about);
}
