import {
  Refused,
  isUnread,
  unreachable,
  type Ed25519PublicKey,
  type EventName,
  type FlattenedJws,
  type ROLLBACK_POLICIES,
  type SIGNATURE_POLICIES,
  type StoredEvent,
  type UnreadEvent,
} from '@edgeflow/contracts';
import { inOrder, type LaneRead } from './lane-read.js';

/** The events of an organization's trust lane. */
export type TrustEventName = Extract<EventName, `Signing${string}`>;

/** A key that an organization signs with, or has signed with. */
export interface SigningKeyState {
  kid: string;
  public_key: Ed25519PublicKey;
  revoked: boolean;
  /** What an older key says of it, for devices. */
  statement?: FlattenedJws;
}

/** What an organization trusts; `position` is that of the newest event of its lane. */
export interface Trust {
  position: number;
  /** In the order in which they were registered. */
  keys: readonly SigningKeyState[];
  signature: (typeof SIGNATURE_POLICIES)[number];
  rollback: (typeof ROLLBACK_POLICIES)[number];
}

/** Of an organization that has said nothing: it wants signatures, and has no key yet. */
export const noTrust: Trust = { position: 0, keys: [], signature: 'required', rollback: 'allowed' };

/** The lane of an organization's trust. */
export function trustLane(org: string) {
  return { org, entity: 'trust', entity_id: org } as const;
}

/** True for an event of a trust lane. */
export function isTrustEvent(event: StoredEvent): event is StoredEvent<TrustEventName> {
  return event.entity === 'trust';
}

/** What is trusted after one more event of the lane. Pure. */
export function evolveTrust(trust: Trust, event: StoredEvent<TrustEventName>): Trust {
  const { position } = event;
  switch (event.type) {
    case 'SigningKeyRegistered': {
      const { kid, public_key, statement } = event.data;
      const key = { kid, public_key, revoked: false, ...(statement && { statement }) };
      const isKnown = trust.keys.some((one) => one.kid === kid);
      const keys = isKnown ? trust.keys.map((one) => (one.kid === kid ? key : one)) : [...trust.keys, key];
      return { ...trust, position, keys };
    }
    case 'SigningKeyRevoked': {
      const keys = trust.keys.map((key) => (key.kid === event.data.kid ? { ...key, revoked: true } : key));
      return { ...trust, position, keys };
    }
    case 'SigningPolicyChanged': {
      const { signature, rollback } = event.data;
      return { ...trust, position, signature, rollback };
    }
    default:
      return unreachable(event);
  }
}

/**
 * What is trusted after an event of the lane that cannot be read, by the strictest that it may have said: a revocation may have been of any
 * key that there was, and a policy any. Pure.
 */
export function passTrust(trust: Trust, { type, position, unread }: UnreadEvent): Trust {
  if (unread.why === 'unknown-type') return { ...trust, position };
  if (type === 'SigningKeyRevoked') {
    return { ...trust, position, keys: trust.keys.map((key) => ({ ...key, revoked: true })) };
  }
  return type === 'SigningPolicyChanged'
    ? { ...trust, position, signature: 'required', rollback: 'refused' }
    : { ...trust, position };
}

/** What is trusted after a trust lane, as the log gives it. */
export function trustIn(lane: Pick<LaneRead, 'events' | 'unread'>): Trust {
  return inOrder(lane).reduce((trust, event) => {
    if (isUnread(event)) return passTrust(trust, event);
    return isTrustEvent(event) ? evolveTrust(trust, event) : trust;
  }, noTrust);
}

/** The refusal of what a revoked key has signed. */
export function revokedKey(kid: string): Refused {
  return new Refused('signing-key-revoked', `The signing key ${kid} is revoked.`, { kid });
}

/**
 * The public key of an id, for verifying; undefined when there is none.
 * @throws Refused `signing-key-revoked`
 */
export function trustedKey({ keys }: Trust, kid: string): Ed25519PublicKey | undefined {
  const key = keys.find((one) => one.kid === kid);
  if (key?.revoked) throw revokedKey(kid);
  return key?.public_key;
}
