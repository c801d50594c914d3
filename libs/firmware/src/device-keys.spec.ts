import type { DataOf, EventNameOf, Fact, FlattenedJws } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { statementsFor, trustsKey, type DeviceKeys } from './device-keys.js';
import { trustDecider } from './trust.decider.js';

type TrustFact = Fact<EventNameOf<'trust'>>;

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const statement = (by: string, kid: string, revokes?: string[]): FlattenedJws => ({
  ...{ protected: part({ kid: by }), payload: part({ kid, ...(revokes && { revokes }) }) },
  signature: `${by}-${kid}`,
});
const key = (kid: string, by?: string, revokes?: string[]): TrustFact => {
  const public_key = { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } as const;
  const data: DataOf<'SigningKeyRegistered'> = { kid, public_key, registered_by: 'ann' };
  return { type: 'SigningKeyRegistered', data: { ...data, ...(by && { statement: statement(by, kid, revokes) }) } };
};
const revoked = (kid: string): TrustFact => ({ type: 'SigningKeyRevoked', data: { kid, revoked_by: 'ann' } });
const policy = (signature: 'optional' | 'required'): TrustFact => ({
  ...{ type: 'SigningPolicyChanged', data: { signature, rollback: 'allowed', changed_by: 'ann' } },
});

/** The facts stand at 1, 2, 3 …; a device that is enrolled `after` the second of them is so at 2.5. */
const trusts = (facts: TrustFact[], kid: string, after: number, more: Partial<DeviceKeys> = {}): boolean =>
  trustsKey(spec(trustDecider).given(facts).state, kid, { enrolled_at: after + 0.5, ...more });

const heard = (facts: TrustFact[], kid: string, after: number | undefined): string[] => {
  const device = after === undefined ? undefined : { enrolled_at: after + 0.5 };
  return statementsFor(spec(trustDecider).given(facts).state, kid, device).map(({ by, says }) => `${by} ${says}`);
};

describe('a device', () => {
  it('trusts the keys that were in force when it was enrolled, and no others', () => {
    const facts = [key('k1'), key('k2')];
    expect([trusts(facts, 'k1', 1), trusts(facts, 'k2', 1)]).toEqual([true, false]);
    expect([trusts(facts, 'k1', 2), trusts(facts, 'k2', 2)]).toEqual([true, true]);
    expect([trusts(facts, 'k1', 0), trusts(facts, 'k2', 0)]).toEqual([false, false]);
    const later = [key('k1'), revoked('k1'), key('k2')];
    expect([trusts(later, 'k1', 1), trusts(later, 'k1', 2), trusts(later, 'k2', 2)]).toEqual([true, false, false]);
  });

  it('follows the statements that come with the next update, as far as there is room for them', () => {
    const chain = ['k2', 'k3', 'k4', 'k5', 'k6'].map((kid, n) => key(kid, `k${n + 1}`));
    expect(trusts([key('k1'), ...chain.slice(0, 4)], 'k5', 1)).toBe(true);
    expect(trusts([key('k1'), ...chain], 'k6', 1)).toBe(false);
    expect(trusts([key('k1'), ...chain], 'k6', 2)).toBe(true);
    expect(trusts([key('k1'), ...chain], 'k6', 1, { accepted: 'k2' })).toBe(true);
    expect(trusts([key('k1'), key('kx'), key('k2', 'kx')], 'k2', 1)).toBe(false);
  });

  it('hears of a key what one that it knows says of it, however old that is', () => {
    const chain = ['k2', 'k3', 'k4', 'k5', 'k6'].map((kid, n) => key(kid, `k${n + 1}`));
    expect(trusts([key('k1'), ...chain], 'k2', 1)).toBe(true);
    expect(trusts([key('k1'), ...chain, key('k6', 'k1')], 'k6', 1)).toBe(true);
    expect(heard([key('k1'), ...chain], 'k2', 1)).toEqual(['k1 k2', 'k3 k4', 'k4 k5', 'k5 k6']);
    // Nothing leads there with room for four: then the newest ones, of which a device may know more than the log says.
    expect(heard([key('k1'), ...chain], 'k6', 1)).toEqual(['k2 k3', 'k3 k4', 'k4 k5', 'k5 k6']);
    expect(heard([key('k1'), ...chain], 'k6', undefined)).toEqual(['k2 k3', 'k3 k4', 'k4 k5', 'k5 k6']);
  });

  it('hears every key that speaks for one, and of each the last word', () => {
    const facts = [key('k1'), key('k2', 'k1'), key('k3', 'k1'), key('k3', 'k2')];
    expect([trusts(facts, 'k3', 1), trusts(facts, 'k3', 0, { accepted: 'k2' })]).toEqual([true, true]);
    const again = [...facts, key('k3', 'k1', ['k2'])];
    expect(heard(again, 'k3', 1)).toEqual(['k1 k2', 'k2 k3', 'k1 k3']);
    expect([trusts(again, 'k3', 1), trusts(again, 'k2', 1)]).toEqual([true, false]);
  });

  it('hears first who makes the others known, whatever was said later', () => {
    const facts = [key('k1'), key('k2', 'k1'), key('k3', 'k2'), key('kx'), key('k2', 'kx'), key('k2', 'k1')];
    expect(heard(facts, 'k3', 1)).toEqual(['kx k2', 'k1 k2', 'k2 k3']);
    expect(trusts(facts, 'k3', 1)).toBe(true);
  });

  it('hears what a statement takes back before it looks at the image', () => {
    const facts = [key('k1'), key('k2', 'k1', ['k1'])];
    expect([trusts(facts, 'k1', 1), trusts(facts, 'k2', 1)]).toEqual([false, true]);
  });

  it('has said itself what it takes and what it does not', () => {
    const facts = [key('k1'), key('k2')];
    expect(trusts(facts, 'k2', 1, { accepted: 'k2' })).toBe(true);
    expect(trusts(facts, 'k1', 1, { refused: 'k1' })).toBe(false);
  });

  it('takes anything where it was never given a key and none is asked for', () => {
    expect(trusts([policy('optional'), key('k1')], 'k1', 0)).toBe(true);
    expect(trusts([policy('required'), key('k1')], 'k1', 0)).toBe(false);
  });

  it('follows no statement that cannot be read', () => {
    const broken = { protected: 'x', payload: 'x', signature: 'A'.repeat(86) };
    const k2 = key('k2') as Fact<'SigningKeyRegistered'>;
    const facts: TrustFact[] = [key('k1'), { ...k2, data: { ...k2.data, statement: broken } }];
    expect(trusts(facts, 'k2', 1)).toBe(false);
  });
});
