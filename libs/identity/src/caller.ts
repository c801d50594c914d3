import { ROLES, type Role } from '@edgeflow/contracts';

interface Someone<Kind, Held> {
  kind: Kind;
  org: string;
  subject: string;
  /** The most powerful first. */
  roles: readonly Held[];
}

/** Someone with a bearer token of the issuer, who has one role at least. */
export type Member = Someone<'member', Role>;

/** A program with an API key. Its subject is `api-key:<key_id>`. */
export type ApiKeyCaller = Someone<'api-key', Role>;

/** The parts of a claim token of the log, of which only the form was checked: whoever lets a device in with it looks it up. */
export interface UnprovenClaim {
  claim_id: string;
  secret: string;
}

/**
 * A device that holds nothing yet but a claim token: it may register itself and do nothing else. Its subject is `claim:<claim_id>`, or
 * `claim:<org>` of a claim token that the issuer signed; with `claim`, nobody has checked yet what the token says.
 */
type DeviceClaim = Someone<'device-claim', never> & { claim?: UnprovenClaim };

/** A registered device, with a token of its own key. Its subject is its device_id. */
type DeviceCaller = Someone<'device', never>;

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
