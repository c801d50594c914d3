import type { DataOf, EventName, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { describe, expect, it } from 'vitest';
import { claimAfter, noClaim } from './claim.state.js';

const issued: DataOf<'ClaimIssued'> = {
  ...{ claim_id: 'clm_1', secret_sha256: 'a'.repeat(64), uses: 2, issued_by: 'ada' },
  expires_at: '2026-01-01T12:00:00Z',
};
const events = [{ type: 'ClaimIssued', entity: 'claim', position: 1, data: issued }] as StoredEvent[];
const unread = (type: EventName, position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'claim', entity_id: 'clm_1', type, subject: '', position, id: '', time: '' },
  unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});

describe('a claim token with what cannot be read', () => {
  it('is revoked in whatever words, and stays so', () => {
    const revoked = claimAfter(noClaim, { events, unread: [unread('ClaimRevoked', 2)], position: 2 });
    expect(revoked).toEqual({ status: 'revoked', position: 2 });
    expect(claimAfter(revoked, { events: [], unread: [], position: 2 })).toEqual(revoked);
  });

  it('has one use less for each, and ends where the lane does', () => {
    const used = { events, unread: [unread('ClaimUsed', 2), unread('ClaimUsed', 3)], position: 3 };
    expect(claimAfter(noClaim, used)).toMatchObject({ status: 'issued', used: 2, position: 3 });
  });

  it('lets nobody in whose issue cannot be read', () => {
    const state = claimAfter(noClaim, { events: [], unread: [unread('ClaimIssued', 1)], position: 1 });
    expect(state).toEqual({ status: 'none', position: 1 });
  });
});
