import { Refused, type DataOf, type ErrorCode } from '@edgeflow/contracts';
import { digestOfSecret, newSecret } from '@edgeflow/identity';
import { describe, expect, it } from 'vitest';
import { decideAdmission } from './claim.decider.js';
import type { ClaimState } from './claim.state.js';

const secret = newSecret();
const at = new Date('2026-01-01T12:00:00Z');
const issued: DataOf<'ClaimIssued'> = {
  ...{ claim_id: 'clm_1', secret_sha256: digestOfSecret(secret), uses: 2, issued_by: 'ada' },
  ...{ expires_at: '2026-01-01T12:00:01Z' },
};
const registration: DataOf<'DeviceRegistered'> = {
  ...{ device_id: 'dev_1', model: 'm1', registered_by: 'claim:clm_1' },
  public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) },
};
const claim = (more: Partial<DataOf<'ClaimIssued'>> = {}, used = 0): ClaimState => ({
  ...{ status: 'issued', position: 1, issued: { ...issued, ...more }, used },
});

function outcome(
  state: ClaimState,
  presented: { secret?: string; at?: Date; again?: boolean; fleet?: string } = {},
): ErrorCode | DataOf<'DeviceRegistered'> {
  const { fleet, ...rest } = presented;
  const wanted = { ...registration, ...(fleet !== undefined && { fleet }) };
  const admitted = decideAdmission(state, wanted, { secret, at, again: false, ...rest });
  return admitted instanceof Refused ? admitted.code : admitted;
}

describe('a claim', () => {
  it('lets a device in until it is spent', () => {
    expect(outcome(claim())).toEqual(registration);
    expect(outcome(claim({}, 1))).toEqual(registration);
    expect(outcome(claim({}, 2))).toBe('unauthorized');
    expect(outcome(claim({}, 2), { again: true })).toEqual(registration);
  });

  it('lets nobody in at its end, with another secret, or where it is none', () => {
    expect(outcome(claim(), { at: new Date(issued.expires_at) })).toBe('unauthorized');
    expect(outcome(claim(), { secret: newSecret() })).toBe('unauthorized');
    expect(outcome({ status: 'none', position: 0 })).toBe('unauthorized');
    expect(outcome({ status: 'none', position: 0 }, { secret: '' })).toBe('unauthorized');
    expect(outcome({ status: 'revoked', position: 2 }, { again: true })).toBe('unauthorized');
  });

  it('says for which fleet and model it is to its holder alone', () => {
    expect(outcome(claim({ model: 'm2' }))).toBe('claim-mismatch');
    expect(outcome(claim({ fleet: 'north' }), { fleet: 'south' })).toBe('claim-mismatch');
    expect(outcome(claim({ fleet: 'north' }), { fleet: 'south', secret: newSecret() })).toBe('unauthorized');
    expect(outcome(claim({ fleet: 'north' }))).toMatchObject({ fleet: 'north' });
    expect(outcome(claim(), { fleet: 'south' })).toMatchObject({ fleet: 'south' });
  });
});
