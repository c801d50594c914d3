import {
  Refused,
  given,
  unreachable,
  type Ed25519PublicKey,
  type EventOf,
  type FlattenedJws,
  type ROLLBACK_POLICIES,
  type SIGNATURE_POLICIES,
  type UnreadEvent,
} from '@edgeflow/contracts';

/** A key that an organization signs with, or has signed with. */
interface SigningKeyState {
  kid: string;
  public_key: Ed25519PublicKey;
  revoked: boolean;
  /** Where its registration stands in the log, and its revocation: devices that were enrolled in between were given it. */
  since: number;
  until?: number;
}

/** What one key says of another, for devices: a statement that was verified when it was registered. */
export interface Said {
  by: string;
  says: string;
  revokes: readonly string[];
  statement: FlattenedJws;
}

/** What an organization trusts; `position` is that of the newest event of its stream. */
export interface Trust {
  position: number;
  /** In the order in which they were registered. */
  keys: readonly SigningKeyState[];
  /** The newest last; of what one key says of another only the last. */
  statements: readonly Said[];
  signature: (typeof SIGNATURE_POLICIES)[number];
  rollback: (typeof ROLLBACK_POLICIES)[number];
  /** So many versions of a model are kept; absent: all. */
  keep_last?: number;
}

/** Of an organization that has said nothing: it wants signatures, and has no key yet. */
export const noTrust: Trust = { position: 0, keys: [], statements: [], signature: 'required', rollback: 'allowed' };

/** What is trusted after one more event of the stream. Pure. */
export function evolveTrust(trust: Trust, event: EventOf<'trust'>): Trust {
  const { position } = event;
  switch (event.type) {
    case 'SigningKeyRegistered': {
      const { kid, public_key, statement } = event.data;
      const known = trust.keys.find((one) => one.kid === kid);
      const since = known?.since ?? position;
      const key = { kid, public_key, revoked: false, since };
      const keys = known ? trust.keys.map((one) => (one.kid === kid ? key : one)) : [...trust.keys, key];
      return { ...trust, position, keys, ...(statement && { statements: withStatement(trust, kid, statement) }) };
    }
    case 'SigningKeyRevoked': {
      const keys = trust.keys.map((key) => (key.kid === event.data.kid ? revokedAt(key, position) : key));
      return { ...trust, position, keys };
    }
    case 'SigningPolicyChanged': {
      const { signature, rollback } = event.data;
      return { ...trust, position, signature, rollback };
    }
    case 'FirmwareRetentionChanged': {
      const { keep_last: _before, ...others } = trust;
      return { ...others, position, ...given({ keep_last: event.data.keep_last }) };
    }
    default:
      return unreachable(event);
  }
}

/**
 * What is trusted after an event of the stream that cannot be read, by the strictest that it may have said: a revocation may have been of any
 * key that there was, and a policy any; a word about what is kept, that all is. Pure.
 */
export function passTrust(trust: Trust, { type, position, unread }: UnreadEvent): Trust {
  if (unread.why === 'unknown-type') return { ...trust, position };
  if (type === 'SigningKeyRevoked') {
    return { ...trust, position, keys: trust.keys.map((key) => revokedAt(key, position)) };
  }
  if (type === 'FirmwareRetentionChanged') {
    const { keep_last: _before, ...others } = trust;
    return { ...others, position };
  }
  return type === 'SigningPolicyChanged'
    ? { ...trust, position, signature: 'required', rollback: 'refused' }
    : { ...trust, position };
}

function withStatement({ statements }: Trust, says: string, statement: FlattenedJws): readonly Said[] {
  const said = saidIn(says, statement);
  return [...statements.filter((one) => one.says !== says || one.by !== said.by), said];
}

/** What a statement says that was verified when its key was registered; one that cannot be read is nobody's. */
function saidIn(says: string, statement: FlattenedJws): Said {
  const by = member(statement.protected, 'kid');
  const revokes = member(statement.payload, 'revokes');
  const list = Array.isArray(revokes) ? revokes.filter((one) => typeof one === 'string') : [];
  return { by: typeof by === 'string' ? by : '', says, revokes: list, statement };
}

function member(part: string, name: string): unknown {
  try {
    return (JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

function revokedAt(key: SigningKeyState, position: number): SigningKeyState {
  return { ...key, revoked: true, until: key.until ?? position };
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
