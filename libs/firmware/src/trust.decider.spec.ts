import { Refused, toEvent, type DataOf, type ErrorCode, type Fact, type KeyStatement } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { decideTrust, type TrustCommand } from './trust.decider.js';
import { evolveTrust, noTrust, trustLane, trustedKey, type Trust, type TrustEventName } from './trust.state.js';

const publicKey = (letter: string) => ({ kty: 'OKP', crv: 'Ed25519', x: letter.repeat(43) }) as const;
const key = (kid: string, letter = 'A'): DataOf<'SigningKeyRegistered'> => ({
  ...{ kid, public_key: publicKey(letter), registered_by: 'ann' },
});
const registered = (kid: string, letter?: string): Fact<TrustEventName> => ({
  ...{ type: 'SigningKeyRegistered', data: key(kid, letter) },
});
const revoked: Fact<TrustEventName> = { type: 'SigningKeyRevoked', data: { kid: 'k1', revoked_by: 'ann' } };
const policy = { signature: 'optional', rollback: 'refused', changed_by: 'ann' } as const;
const changed: Fact<TrustEventName> = { type: 'SigningPolicyChanged', data: policy };

const after = (facts: readonly Fact<TrustEventName>[]): Trust =>
  facts
    .map((fact, index) => ({
      ...toEvent(trustLane('acme'), fact, { id: `e${index}`, source: '/spec', time: '2026-01-01T00:00:00Z' }),
      position: index + 1,
    }))
    .reduce(evolveTrust, noTrust);

const given = (...facts: Fact<TrustEventName>[]) => ({
  when(command: TrustCommand): readonly Fact[] | ErrorCode {
    const outcome = decideTrust(command, after(facts));
    return outcome instanceof Refused ? outcome.code : outcome;
  },
});

const register = (kid: string, letter?: string, says?: Partial<KeyStatement>): TrustCommand => ({
  ...{ type: 'RegisterKey', org: 'acme', key: key(kid, letter) },
  ...(says && {
    says: { org: 'acme', kid, public_key: publicKey(letter ?? 'A'), issued_at: '2026-01-01T00:00:00Z', ...says },
  }),
});
const revoke: TrustCommand = { type: 'RevokeKey', kid: 'k1', revoked_by: 'ann' };

describe('a signing key', () => {
  it('is registered, once', () => {
    expect(given().when(register('k1'))).toEqual([registered('k1')]);
    expect(given(registered('k1')).when(register('k1'))).toEqual([]);
  });
  it('keeps its id', () => expect(given(registered('k1')).when(register('k1', 'B'))).toBe('signing-key-exists'));
  it('is revoked, once, and for good', () => {
    expect(given(registered('k1')).when(revoke)).toEqual([revoked]);
    expect(given(registered('k1'), revoked).when(revoke)).toEqual([]);
    expect(given(registered('k1'), revoked).when(register('k1'))).toBe('signing-key-revoked');
  });
  it('that nobody knows cannot be revoked', () => expect(given().when(revoke)).toBe('signing-key-unknown'));
  it('verifies until it is revoked', () => {
    expect(trustedKey(after([registered('k1')]), 'k1')).toEqual(publicKey('A'));
    expect(trustedKey(after([registered('k1')]), 'k2')).toBeUndefined();
    expect(() => trustedKey(after([registered('k1'), revoked]), 'k1')).toThrow('signing-key-revoked');
  });
});

describe('a statement about a key', () => {
  it('is taken when it is about this key', () =>
    expect(given(registered('k1')).when(register('k2', 'B', {}))).toEqual([registered('k2', 'B')]));
  it('may come after the key, once', () => {
    const statement = { protected: 'e30', payload: 'e30', signature: 'A'.repeat(86) };
    const later: DataOf<'SigningKeyRegistered'> = { ...key('k2', 'B'), statement };
    const command: TrustCommand = { type: 'RegisterKey', org: 'acme', key: later };
    const fact: Fact<TrustEventName> = { type: 'SigningKeyRegistered', data: later };
    const known = [registered('k1'), registered('k2', 'B'), registered('k3', 'C')];
    expect(given(...known).when(command)).toEqual([fact]);
    expect(given(...known, fact).when(command)).toEqual([]);
    expect(after([...known, fact]).keys).toMatchObject([{ kid: 'k1' }, { kid: 'k2', statement }, { kid: 'k3' }]);
  });
  it.each([[{ org: 'globex' }], [{ kid: 'k3' }], [{ public_key: publicKey('C') }]])(
    'is refused when it is about another (%j)',
    (says) => expect(given(registered('k1')).when(register('k2', 'B', says))).toBe('signature-invalid'),
  );
});

describe('the policy', () => {
  it('asks for signatures and allows rollbacks where nobody has said anything', () =>
    expect(after([])).toMatchObject({ signature: 'required', rollback: 'allowed' }));
  it('is changed, once', () => {
    expect(given().when({ type: 'ChangePolicy', policy })).toEqual([changed]);
    expect(given(changed).when({ type: 'ChangePolicy', policy })).toEqual([]);
    expect(after([changed])).toMatchObject({ signature: 'optional', rollback: 'refused' });
  });
});
