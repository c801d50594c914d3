import { Refused, claimStream, deviceStream } from '@edgeflow/contracts';
import { KeyedMutex } from '@edgeflow/configuration/keyed-mutex';
import { EventLog, handleAll, hasMovedOn, load, type Loaded } from '@edgeflow/event-log';
import type { UnprovenClaim } from '@edgeflow/identity';
import { deviceDecider, type Registration } from '../devices/device.decider.js';
import { recordedIn, type Recorded } from '../devices/recorded-registration.js';
import { SOURCE } from '../session/session.events.js';
import { admissionDecider, type Admission, type Admit } from './admission.decider.js';
import { ClaimCache } from './claim-cache.js';

/** Lets devices register themselves with a claim token. */
export class ClaimedRegistration {
  /** Devices that register with one claim at the same time would else only conflict with each other on its stream. */
  private readonly mutex = new KeyedMutex();
  private readonly claims: ClaimCache;

  constructor(private readonly log: EventLog) {
    this.claims = new ClaimCache(log);
  }

  /**
   * Registers a device and takes one use of the claim, in one atomic append: a claim lets in as many devices as it has uses, however
   * many come at once. A device that it has let in before is registered already, and takes none.
   * @throws Refused `unauthorized` (whatever is wrong with the claim), `claim-mismatch`, `device-exists`, `device-revoked`,
   *   `service-unavailable` when too many come at once, `log-unavailable`, `log-full`
   */
  register(org: string, registration: Registration, { claim_id, secret }: UnprovenClaim): Promise<Recorded> {
    const about = { claim_id, secret };
    return this.mutex.run(`${org}/${claim_id}`, () =>
      this.admit(org, { ...registration, claim_id }, about).catch((error: unknown) => {
        if (!hasMovedOn(error)) throw error;
        throw new Refused('service-unavailable', 'Too many devices use the claim token at the same time');
      }),
    );
  }

  private async admit(
    org: string,
    registration: Admit['registration'],
    { claim_id, secret }: UnprovenClaim,
  ): Promise<Recorded> {
    const claim = claimStream(org, claim_id);
    const device = deviceStream({ org, device_id: registration.device_id });
    const step = async () => {
      const loaded = await this.load(claim, device);
      const command: Admit = { type: 'Admit', registration, secret, at: this.log.clock.now() };
      return [{ decider: admissionDecider, streams: [device, claim], command, loaded }];
    };
    const { states, facts } = await handleAll(this.log, step, { by: SOURCE });
    return recordedIn(states[0].device, facts.length > 0);
  }

  private async load(
    claimOf: Parameters<ClaimCache['load']>[0],
    deviceOf: Parameters<ClaimCache['load']>[0],
  ): Promise<Loaded<Admission>> {
    const [claim, device] = await Promise.all([this.claims.load(claimOf), load(this.log, deviceDecider, deviceOf)]);
    return { state: { claim: claim.state, device: device.state }, seen: new Map([...claim.seen, ...device.seen]) };
  }
}
