import { Refused, namesOf } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, EventOf, Fact, StoredEvent } from '@edgeflow/contracts';
import { digestOfSecret, isSecretOf } from '@edgeflow/identity';
import {
  IDENTITY,
  deviceDecider,
  type DeviceFact,
  type RegisteredDevice,
  type Registration,
} from '../devices/device.decider.js';
import { claimDecider, type ClaimState } from './claim.decider.js';

/** A device that wants in, and the claim token that it shows. */
export interface Admission {
  claim: ClaimState;
  device: RegisteredDevice;
}

/** A registration that names its claim, with the secret of the token and the time. */
export interface Admit {
  type: 'Admit';
  registration: Registration & { claim_id: string };
  secret: string;
  at: Date;
}

type AdmissionFact = DeviceFact | Fact<'ClaimUsed'>;
const SEEN = [...IDENTITY, ...namesOf('claim')] as const;
type Seen = (typeof SEEN)[number];

/**
 * Lets a device register itself with a claim token, on the streams of both: it is registered and takes one use of the claim, or neither. A
 * device that is registered already takes none, and one that the same claim let in before comes again when the claim is spent.
 */
export const admissionDecider: Decider<Admission, Admit, AdmissionFact, Seen> = {
  initial: { claim: claimDecider.initial, device: deviceDecider.initial },
  newest: ['device'],
  takes: SEEN,
  evolve: (state, event) =>
    isOfClaim(event)
      ? { ...state, claim: claimDecider.evolve(state.claim, event) }
      : { ...state, device: deviceDecider.evolve(state.device, event) },
  pass: ({ claim, device }, event) => ({
    claim: claimDecider.pass?.(claim, event) ?? claim,
    device: deviceDecider.pass?.(device, event) ?? device,
  }),
  decide,
};

function isOfClaim(event: StoredEvent<Seen>): event is EventOf<'claim'> {
  return event.entity === 'claim';
}

/** Compared with where there is no claim, so that an unknown one takes as long as a wrong secret. */
const NO_DIGEST = digestOfSecret('');

/** One refusal for all: whoever tries tokens learns nothing about which of them exist. */
const notValid = (): Refused => new Refused('unauthorized', 'The claim token is not valid');

function decide({ registration, secret, at }: Admit, { claim, device }: Admission): Decided<AdmissionFact> {
  const { claim_id, device_id } = registration;
  const again = device.registered.status === 'known' && device.registered.data.claim_id === claim_id;
  const admitted = admit(claim, registration, { secret, at, again });
  if (admitted instanceof Refused) return admitted;
  const registered = deviceDecider.decide({ type: 'Register', registration: admitted }, device);
  if (registered instanceof Refused || 'facts' in registered || registered.length === 0) return registered;
  return [...registered, { type: 'ClaimUsed', data: { claim_id, device_id } }];
}

/** The registration that a claim allows, in the claim's fleet where the device names none; or why there is none. */
function admit(
  claim: ClaimState,
  registration: Registration,
  { secret, at, again }: { secret: string; at: Date; again: boolean },
): Registration | Refused {
  const issued: DataOf<'ClaimIssued'> | undefined = claim.status === 'issued' ? claim.issued : undefined;
  const right = isSecretOf(secret, issued?.secret_sha256 ?? NO_DIGEST);
  if (claim.status !== 'issued' || !issued || !right) return notValid();
  if (Date.parse(issued.expires_at) <= at.getTime()) return notValid();
  if (claim.used >= issued.uses && !again) return notValid();
  const fleet = registration.fleet ?? issued.fleet;
  if (issued.fleet !== undefined && fleet !== issued.fleet) return mismatch('fleet', issued.fleet);
  if (issued.model !== undefined && registration.model !== issued.model) return mismatch('model', issued.model);
  return { ...registration, ...(fleet !== undefined && { fleet }) };
}

/** Said only to who has the right secret. */
function mismatch(member: 'fleet' | 'model', claimed: string): Refused {
  return new Refused('claim-mismatch', `The claim token is for devices of ${member} ${claimed}.`, {
    [member]: claimed,
  });
}
