import { Refused, type DataOf } from '@edgeflow/contracts';
import { digestOfSecret, isSecretOf } from '@edgeflow/identity';
import type { ClaimState } from './claim.state.js';

type Registration = DataOf<'DeviceRegistered'>;

/** What a registration brings besides the claim: the secret, the time, and whether the same claim let this very device in before. */
export interface Presented {
  secret: string;
  at: Date;
  again: boolean;
}

/** Compared with where there is no claim, so that an unknown one takes as long as a wrong secret. */
const NO_DIGEST = digestOfSecret('');

/** One refusal for all: whoever tries tokens learns nothing about which of them exist. */
const notValid = (): Refused => new Refused('unauthorized', 'The claim token is not valid');

/**
 * The registration that a claim allows, in the claim's fleet where the device names none; or why there is none. Pure.
 * @param presented with `again`, a spent claim is as good as before
 */
export function decideAdmission(
  state: ClaimState,
  registration: Registration,
  { secret, at, again }: Presented,
): Registration | Refused {
  const issued = state.status === 'issued' ? state.issued : undefined;
  const right = isSecretOf(secret, issued?.secret_sha256 ?? NO_DIGEST);
  if (state.status !== 'issued' || !issued || !right) return notValid();
  if (Date.parse(issued.expires_at) <= at.getTime()) return notValid();
  if (state.used >= issued.uses && !again) return notValid();
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
