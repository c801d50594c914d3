import type { EventName, Fact, UnreadEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, expect, it } from 'vitest';
import { claimDecider } from './claim.decider.js';

const claim = {
  ...{ claim_id: 'clm_1', secret_sha256: 'a'.repeat(64), uses: 2, issued_by: 'ada' },
  expires_at: '2026-01-01T12:00:00Z',
};
const issued: Fact<'ClaimIssued'> = { type: 'ClaimIssued', data: claim };
const used: Fact<'ClaimUsed'> = { type: 'ClaimUsed', data: { claim_id: 'clm_1', device_id: 'dev_1' } };
const revocation = { claim_id: 'clm_1', revoked_by: 'ada' };
const revoked: Fact<'ClaimRevoked'> = { type: 'ClaimRevoked', data: revocation };
const unread = (type: EventName, position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'claim', entity_id: 'clm_1', type, subject: '', position, id: '', time: '' },
  unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});
const { given } = spec(claimDecider);
const revoke = { type: 'Revoke', revocation } as const;

describe('a claim token', () => {
  it('is issued, under an id of its own', () => {
    given([]).when({ type: 'Issue', claim }).then([issued]);
    given([issued]).when({ type: 'Issue', claim }).thenRefused('conflict');
  });

  it('is revoked once, and for good', () => {
    given([]).when(revoke).thenRefused('claim-unknown');
    given([issued]).when(revoke).then([revoked]);
    given([issued, revoked]).when(revoke).thenNothing();
  });

  it('counts its uses', () => expect(given([issued, used, used]).state).toMatchObject({ used: 2 }));
});

describe('a claim token with what cannot be read', () => {
  it('is revoked in whatever words, and stays so', () => {
    const lost = given([issued, unread('ClaimRevoked', 2), used]);
    expect(lost.state).toEqual({ status: 'revoked' });
    lost.when(revoke).thenNothing();
  });

  it('has one use less for each', () => {
    const state = given([issued, unread('ClaimUsed', 2), unread('ClaimUsed', 3)]).state;
    expect(state).toMatchObject({ status: 'issued', used: 2 });
  });

  it('lets nobody in whose issue cannot be read', () => {
    expect(given([unread('ClaimIssued', 1)]).state).toEqual({ status: 'none' });
  });
});
