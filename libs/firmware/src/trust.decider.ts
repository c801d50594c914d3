import { Refused, unreachable } from '@edgeflow/contracts';
import type { DataOf, Decided, Decider, FactOf, KeyStatement } from '@edgeflow/contracts';
import { evolveTrust, noTrust, passTrust, type Trust } from './trust.state.js';

type TrustFact = FactOf<'trust'>;

/**
 * What may be asked of an organization's trust. `says` is what the statement, whose signature is good, says, and `by` whose signature that is;
 * `first` begins anew where no key is in force.
 */
export type TrustCommand =
  | {
      type: 'RegisterKey';
      org: string;
      key: DataOf<'SigningKeyRegistered'>;
      says?: KeyStatement;
      by?: string;
      first?: boolean;
    }
  | { type: 'RevokeKey'; kid: string; revoked_by: string; reason?: string }
  | { type: 'ChangePolicy'; policy: DataOf<'SigningPolicyChanged'> }
  | { type: 'ChangeRetention'; retention: DataOf<'FirmwareRetentionChanged'> };

/** What a command on an organization's trust leads to: nothing when it is so already. Pure. */
function decide(command: TrustCommand, trust: Trust): Decided<TrustFact> {
  switch (command.type) {
    case 'RegisterKey':
      return registerKey(command, trust);
    case 'RevokeKey':
      return revokeKey(command, trust);
    case 'ChangePolicy':
      return isPolicy(trust, command.policy) ? [] : [{ type: 'SigningPolicyChanged', data: command.policy }];
    case 'ChangeRetention': {
      const { retention } = command;
      return trust.keep_last === retention.keep_last ? [] : [{ type: 'FirmwareRetentionChanged', data: retention }];
    }
    default:
      return unreachable(command);
  }
}

/** What an organization trusts, on its own stream. */
export const trustDecider: Decider<Trust, TrustCommand, TrustFact> = {
  initial: noTrust,
  evolve: evolveTrust,
  pass: passTrust,
  decide,
};

function registerKey(command: TrustCommand & { type: 'RegisterKey' }, trust: Trust): Decided<TrustFact> {
  const { org, key, says } = command;
  const { kid, public_key } = key;
  const wrong = says && statementRefusal(says, org, key);
  if (wrong) return wrong;
  const known = trust.keys.find((one) => one.kid === kid);
  const twin = trust.keys.find((one) => one.kid !== kid && one.public_key.x === public_key.x);
  if (!known && twin) return twinRefusal(kid, twin);
  if (!known) return chainRefusal(command, trust) ?? [{ type: 'SigningKeyRegistered', data: key }];
  if (known.revoked) return new Refused('signing-key-revoked', `The signing key ${kid} is revoked for good.`, { kid });
  if (known.public_key.x !== public_key.x) return new Refused('signing-key-exists', undefined, { kid });
  // The word for a key that is registered already may come later.
  const { statement } = key;
  const isSaid = trust.statements.some((one) => one.statement.signature === statement?.signature);
  return statement !== undefined && !isSaid ? [{ type: 'SigningKeyRegistered', data: key }] : [];
}

/**
 * Devices follow no key that comes out of nowhere: what it signs they would refuse, one and all, and it would be too late to say so when the
 * key before it is gone. Only the first key needs nobody's word, and a new beginning where none is in force, said aloud.
 */
function chainRefusal(
  { key, by, first }: TrustCommand & { type: 'RegisterKey' },
  { keys }: Trust,
): Refused | undefined {
  const inForce = keys.filter(({ revoked }) => !revoked).map(({ kid }) => kid);
  if (by !== undefined && inForce.includes(by)) return undefined;
  if (keys.length === 0 || (first === true && inForce.length === 0)) return undefined;
  const { kid } = key;
  const advice =
    inForce.length > 0
      ? `send a statement of a key that is in force: ${inForce.join(', ')}`
      : 'none is in force; with first: true it begins anew, and devices that know the others must be enrolled again';
  return new Refused('key-not-chained', `Devices would not follow ${kid}: ${advice}.`, { kid, in_force: inForce });
}

/** A key has one id: under a second one it would stay in force when the first is revoked, and come back when it has been. */
function twinRefusal(kid: string, { kid: registered_as, revoked }: Trust['keys'][number]): Refused {
  const which = `The public key of ${kid} is registered already, as ${registered_as}`;
  return revoked
    ? new Refused('signing-key-revoked', `${which}, which is revoked for good.`, { kid, registered_as })
    : new Refused('signing-key-exists', `${which}.`, { kid, registered_as });
}

/**
 * A statement about another key, or of another organization, would send devices astray; one that takes back the key that it is about has them
 * trust that key never again.
 */
function statementRefusal(
  says: KeyStatement,
  org: string,
  { kid, public_key }: DataOf<'SigningKeyRegistered'>,
): Refused | undefined {
  const isAboutIt = says.org === org && says.kid === kid && says.public_key.x === public_key.x;
  if (isAboutIt && !says.revokes?.includes(kid)) return undefined;
  if (isAboutIt)
    return new Refused('key-not-chained', `The statement revokes ${kid} itself: no device would trust it.`, { kid });
  return new Refused('signature-invalid', 'The statement is about another key, or of another organization.', { kid });
}

function revokeKey(
  { kid, revoked_by, reason }: TrustCommand & { type: 'RevokeKey' },
  trust: Trust,
): Decided<TrustFact> {
  const known = trust.keys.find((one) => one.kid === kid);
  if (!known) return new Refused('signing-key-unknown', `There is no signing key ${kid}.`, { kid });
  if (known.revoked) return [];
  return [{ type: 'SigningKeyRevoked', data: { kid, revoked_by, ...(reason !== undefined && { reason }) } }];
}

function isPolicy({ position, ...trust }: Trust, { signature, rollback }: DataOf<'SigningPolicyChanged'>): boolean {
  return position > 0 && trust.signature === signature && trust.rollback === rollback;
}
