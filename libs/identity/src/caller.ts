import { ROLES, type Role } from '@edgeflow/contracts';

/** Someone with a bearer token. */
export interface Member {
  org: string;
  role: Role;
  subject: string;
}

/** A device that holds nothing yet but its organization's claim token: it may register itself and do nothing else. */
export interface DeviceClaim {
  org: string;
  role: 'device-claim';
  subject: string;
}

/** Who makes a request. The org comes from the token, never from the body. */
export type Caller = Member | DeviceClaim;

/** True for a role that a token may carry. */
export function isRole(value: unknown): value is Role {
  return ROLES.some((role) => role === value);
}
