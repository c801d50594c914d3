import { Refused, unreachable, type DataOf, type Fact, type KeyStatement } from '@edgeflow/contracts';
import type { Trust, TrustEventName } from './trust.state.js';

/** What may be asked of an organization's trust. `says` is what the statement, whose signature is good, says. */
export type TrustCommand =
  | { type: 'RegisterKey'; org: string; key: DataOf<'SigningKeyRegistered'>; says?: KeyStatement }
  | { type: 'RevokeKey'; kid: string; revoked_by: string; reason?: string }
  | { type: 'ChangePolicy'; policy: DataOf<'SigningPolicyChanged'> };

/** What a command on an organization's trust leads to: nothing when it is so already. Pure. */
export function decideTrust(command: TrustCommand, trust: Trust): Fact<TrustEventName>[] | Refused {
  switch (command.type) {
    case 'RegisterKey':
      return registerKey(command, trust);
    case 'RevokeKey':
      return revokeKey(command, trust);
    case 'ChangePolicy':
      return isPolicy(trust, command.policy) ? [] : [{ type: 'SigningPolicyChanged', data: command.policy }];
    default:
      return unreachable(command);
  }
}

function registerKey(
  { org, key, says }: TrustCommand & { type: 'RegisterKey' },
  trust: Trust,
): Fact<TrustEventName>[] | Refused {
  const { kid, public_key } = key;
  const wrong = says && statementRefusal(says, org, key);
  if (wrong) return wrong;
  const known = trust.keys.find((one) => one.kid === kid);
  if (!known) return [{ type: 'SigningKeyRegistered', data: key }];
  if (known.revoked) return new Refused('signing-key-revoked', `The signing key ${kid} is revoked for good.`, { kid });
  if (known.public_key.x !== public_key.x) return new Refused('signing-key-exists', undefined, { kid });
  // The word for a key that is registered already may come later.
  const isNews = key.statement !== undefined && key.statement.signature !== known.statement?.signature;
  return isNews ? [{ type: 'SigningKeyRegistered', data: key }] : [];
}

/** A statement about another key, or of another organization, would send devices astray. */
function statementRefusal(
  says: KeyStatement,
  org: string,
  { kid, public_key }: DataOf<'SigningKeyRegistered'>,
): Refused | undefined {
  if (says.org === org && says.kid === kid && says.public_key.x === public_key.x) return undefined;
  return new Refused('signature-invalid', 'The statement is about another key, or of another organization.', { kid });
}

function revokeKey(
  { kid, revoked_by, reason }: TrustCommand & { type: 'RevokeKey' },
  trust: Trust,
): Fact<TrustEventName>[] | Refused {
  const known = trust.keys.find((one) => one.kid === kid);
  if (!known) return new Refused('signing-key-unknown', `There is no signing key ${kid}.`, { kid });
  if (known.revoked) return [];
  return [{ type: 'SigningKeyRevoked', data: { kid, revoked_by, ...(reason !== undefined && { reason }) } }];
}

function isPolicy({ position, ...trust }: Trust, { signature, rollback }: DataOf<'SigningPolicyChanged'>): boolean {
  return position > 0 && trust.signature === signature && trust.rollback === rollback;
}
