import { Refused, ROLES, isToken, type Role } from '@edgeflow/contracts';
import type { JWTPayload } from 'jose';
import { isRole } from './caller.js';

export const ISSUER = 'edgeflow';
export const AUDIENCE = 'edgeflow';
export const CLAIM_AUDIENCE = 'edgeflow-claim';

/** Whose tokens are taken, and where they say what we need. */
export interface TokenTrust {
  /** The `iss` of its tokens. */
  issuer: string;
  /** The `aud` of bearer tokens for this installation. */
  audience: string;
  /** The claim with the organization. */
  org_claim: string;
  /** The claim with the roles: text, blank-separated text or a list. */
  role_claim: string;
  /** What the issuer calls the roles; without it they have our names, with it only the names in it count. */
  role_names?: ReadonlyMap<string, Role>;
}

/** What standalone's own issuer signs. */
export const OWN_TOKENS: TokenTrust = {
  issuer: ISSUER,
  audience: AUDIENCE,
  org_claim: 'org',
  role_claim: 'role',
};

/** A claim by its whole name (`https://acme.example/roles`), else by a path with dots (`realm_access.roles`). */
function claimIn(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name.split('.').reduce<unknown>((holder, part) => {
    const inside = typeof holder === 'object' && holder !== null && Object.hasOwn(holder, part);
    return inside ? (holder as Record<string, unknown>)[part] : undefined;
  }, payload);
}

/** @throws Refused 'unauthorized' when the token has no legal organization */
export function orgIn(payload: JWTPayload, { org_claim }: TokenTrust): string {
  const org = claimIn(payload, org_claim);
  if (!isToken(org)) throw new Refused('unauthorized', 'The token names no organization');
  return org;
}

/** The roles that we know, the most powerful first. @throws Refused 'unauthorized' when there is none */
export function rolesIn(payload: JWTPayload, { role_claim, role_names }: TokenTrust): Role[] {
  const claim = claimIn(payload, role_claim);
  const names: unknown[] = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : [];
  const held = new Set(names.map((name) => (role_names ? role_names.get(String(name)) : name)).filter(isRole));
  if (held.size === 0) throw new Refused('unauthorized', 'The token names no known role');
  return ROLES.filter((role) => held.has(role));
}

/** Of the length that events have room for, without control characters. */
const SUBJECT = /^[^\p{Cc}\ud800-\udfff]+$/u;
const SUBJECT_MAX = 256;

/** @throws Refused 'unauthorized' when the token has no usable subject */
export function subjectIn({ sub }: JWTPayload): string {
  if (sub === undefined || sub === '') throw new Refused('unauthorized', 'The token names no subject');
  if (!SUBJECT.test(sub) || sub.length > SUBJECT_MAX)
    throw new Refused('unauthorized', 'The token names no usable subject');
  return sub;
}
