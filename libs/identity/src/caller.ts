import { ROLES, type Role } from '@edgeflow/contracts';

/** Someone with a bearer token of the issuer. */
export interface Member {
  kind: 'member';
  org: string;
  subject: string;
  /** The most powerful first; at least one. */
  roles: readonly Role[];
}

/** A program with an API key. Its subject is `api-key:<key_id>`. */
export interface ApiKeyCaller {
  kind: 'api-key';
  org: string;
  subject: string;
  roles: readonly Role[];
}

/** The parts of a claim token of the log, of which only the form was checked: whoever lets a device in with it looks it up. */
export interface UnprovenClaim {
  claim_id: string;
  secret: string;
}

/** A device that holds nothing yet but a claim token: it may register itself and do nothing else. */
export interface DeviceClaim {
  kind: 'device-claim';
  /** With `claim`: what the token says, which nobody has checked yet. */
  org: string;
  /** `claim:<claim_id>`, or `claim:<org>` of a claim token that the issuer signed. */
  subject: string;
  roles: readonly never[];
  claim?: UnprovenClaim;
}

/** A registered device, with a token of its own key. Its subject is its device_id. */
export interface DeviceCaller {
  kind: 'device';
  org: string;
  subject: string;
  roles: readonly never[];
}

/** Who makes a request. The org comes from the credential, never from the body. */
export type Caller = Member | ApiKeyCaller | DeviceClaim | DeviceCaller;

/** True for a role that a token may carry. */
export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}

/** True while all that is known of a caller is what it says itself: its org is not to be written to in its name. */
export function isUnproven(caller: Caller): boolean {
  return caller.kind === 'device-claim' && caller.claim !== undefined;
}
