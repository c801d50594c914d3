import type { DataOf, EventNameOf, Fact, KeyStatement } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { trustDecider, type TrustCommand } from './trust.decider.js';
import { trustedKey, type Trust } from './trust.state.js';

type TrustEventName = EventNameOf<'trust'>;

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

const given = (...facts: Fact<TrustEventName>[]) => spec(trustDecider).given(facts);
const after = (facts: readonly Fact<TrustEventName>[]): Trust => given(...facts).state;

const register = (kid: string, letter?: string, says?: Partial<KeyStatement>, by = 'k1'): TrustCommand => ({
  ...{ type: 'RegisterKey', org: 'acme', key: key(kid, letter) },
  ...(says && {
    by,
    says: { org: 'acme', kid, public_key: publicKey(letter ?? 'A'), issued_at: '2026-01-01T00:00:00Z', ...says },
  }),
});
const revoke: TrustCommand = { type: 'RevokeKey', kid: 'k1', revoked_by: 'ann' };

describe('a signing key', () => {
  it('is registered, once', () => {
    given()
      .when(register('k1'))
      .then([registered('k1')]);
    given(registered('k1')).when(register('k1')).thenNothing();
  });
  it('keeps its id', () => void given(registered('k1')).when(register('k1', 'B')).thenRefused('signing-key-exists'));
  it('has one id', () => {
    const known = given(registered('k1'), registered('k2', 'B'));
    void known.when(register('k3', 'B', {})).thenRefused('signing-key-exists');
    void given(registered('k1'), revoked, registered('k2', 'B'))
      .when(register('k3', 'A', {}, 'k2'))
      .thenRefused('signing-key-revoked');
  });
  it('is revoked, once, and for good', () => {
    given(registered('k1')).when(revoke).then([revoked]);
    given(registered('k1'), revoked).when(revoke).thenNothing();
    void given(registered('k1'), revoked).when(register('k1')).thenRefused('signing-key-revoked');
  });
  it('that nobody knows cannot be revoked', () => void given().when(revoke).thenRefused('signing-key-unknown'));
  it('verifies until it is revoked', () => {
    expect(trustedKey(after([registered('k1')]), 'k1')).toEqual(publicKey('A'));
    expect(trustedKey(after([registered('k1')]), 'k2')).toBeUndefined();
    expect(() => trustedKey(after([registered('k1'), revoked]), 'k1')).toThrow('signing-key-revoked');
  });
});

describe('a second key', () => {
  const second = register('k2', 'B');
  const first = { ...second, first: true } as TrustCommand;
  it('comes with the word of one that is in force', () => {
    void given(registered('k1')).when(second).thenRefused('key-not-chained');
    void given(registered('k1')).when(first).thenRefused('key-not-chained');
    given(registered('k1'))
      .when(register('k2', 'B', {}))
      .then([registered('k2', 'B')]);
    // Revoked between its signature and this.
    void given(registered('k1'), revoked)
      .when(register('k2', 'B', {}))
      .thenRefused('key-not-chained');
  });
  it('begins anew where none is in force, when somebody says so', () => {
    void given(registered('k1'), revoked).when(second).thenRefused('key-not-chained');
    given(registered('k1'), revoked)
      .when(first)
      .then([registered('k2', 'B')]);
  });
  it('is no second one where there is none', () => {
    given()
      .when(first)
      .then([registered('k2', 'B')]);
    given(changed)
      .when(second)
      .then([registered('k2', 'B')]);
  });
});

describe('a statement about a key', () => {
  it('is taken when it is about this key', () =>
    given(registered('k1'))
      .when(register('k2', 'B', {}))
      .then([registered('k2', 'B')]));
  it('may come after the key, once', () => {
    const statement = { protected: 'e30', payload: 'e30', signature: 'A'.repeat(86) };
    const later: DataOf<'SigningKeyRegistered'> = { ...key('k2', 'B'), statement };
    const command: TrustCommand = { type: 'RegisterKey', org: 'acme', key: later };
    const fact: Fact<TrustEventName> = { type: 'SigningKeyRegistered', data: later };
    const known = [registered('k1'), registered('k2', 'B'), registered('k3', 'C')];
    given(...known)
      .when(command)
      .then([fact]);
    given(...known, fact)
      .when(command)
      .thenNothing();
    const { keys, statements } = after([...known, fact]);
    expect(keys.map(({ kid }) => kid)).toEqual(['k1', 'k2', 'k3']);
    expect(statements).toMatchObject([{ says: 'k2', statement }]);
  });
  it.each([[{ org: 'globex' }], [{ kid: 'k3' }], [{ public_key: publicKey('C') }]])(
    'is refused when it is about another (%j)',
    (says) =>
      void given(registered('k1'))
        .when(register('k2', 'B', says))
        .thenRefused('signature-invalid'),
  );
});

describe('a statement that takes keys back', () => {
  it('may name the key that speaks, and never the one that it is about', () => {
    const known = given(registered('k1'));
    known.when(register('k2', 'B', { revokes: ['k1'] })).then([registered('k2', 'B')]);
    void known.when(register('k2', 'B', { revokes: ['k1', 'k2'] })).thenRefused('key-not-chained');
    void given(registered('k1'), registered('k2', 'B'))
      .when(register('k2', 'B', { revokes: ['k2'] }))
      .thenRefused('key-not-chained');
  });
});

describe('the policy', () => {
  it('asks for signatures and allows rollbacks where nobody has said anything', () =>
    expect(after([])).toMatchObject({ signature: 'required', rollback: 'allowed' }));
  it('is changed, once', () => {
    given().when({ type: 'ChangePolicy', policy }).then([changed]);
    given(changed).when({ type: 'ChangePolicy', policy }).thenNothing();
    expect(after([changed])).toMatchObject({ signature: 'optional', rollback: 'refused' });
  });
});

describe('what is kept', () => {
  const keep = (keep_last?: number) => ({ ...(keep_last && { keep_last }), changed_by: 'ann' });
  const kept = (keep_last?: number): Fact<TrustEventName> => ({
    ...{ type: 'FirmwareRetentionChanged', data: keep(keep_last) },
  });
  it('is everything until somebody says a number', () => expect(after([])).not.toHaveProperty('keep_last'));
  it('is changed, once, and back', () => {
    given()
      .when({ type: 'ChangeRetention', retention: keep(5) })
      .then([kept(5)]);
    given(kept(5))
      .when({ type: 'ChangeRetention', retention: keep(5) })
      .thenNothing();
    given(kept(5)).when({ type: 'ChangeRetention', retention: keep() }).then([kept()]);
    expect(after([kept(5), kept()])).not.toHaveProperty('keep_last');
  });
});
