import type { DataOf, EventName, Fact, UnreadEvent } from '@edgeflow/contracts';
import { spec } from '@edgeflow/testkit/decider-spec';
import { describe, it } from 'vitest';
import { apiKeyDecider } from './api-key.decider.js';

const { given } = spec(apiKeyDecider);
const at = new Date('2026-01-01T00:00:00Z');
const key = (expires_at?: string): DataOf<'ApiKeyIssued'> => ({
  ...{ key_id: 'key_1', name: 'ci', secret_sha256: 'a'.repeat(64), roles: ['publisher'], issued_by: 'ada' },
  ...(expires_at !== undefined && { expires_at }),
});
const issued: Fact<'ApiKeyIssued'> = { type: 'ApiKeyIssued', data: key() };
const used: Fact<'ApiKeyUsed'> = { type: 'ApiKeyUsed', data: { key_id: 'key_1', service: 'projection' } };
const revocation = { key_id: 'key_1', revoked_by: 'ada' };
const revoked: Fact<'ApiKeyRevoked'> = { type: 'ApiKeyRevoked', data: revocation };
const issue = (expires_at?: string) => ({ type: 'Issue' as const, key: key(expires_at), at });
const revoke = { type: 'Revoke', revocation } as const;
const unread = (type: EventName, position: number): UnreadEvent => ({
  ...{ org: 'acme', entity: 'access', entity_id: 'key_1', type, subject: '', position, id: '', time: '' },
  unread: { why: 'set-aside', code: 'event-invalid', reason: 'version 2 is not known' },
});

describe('an API key', () => {
  it('is issued under an id of its own', () => {
    given([]).when(issue()).then([issued]);
    given([issued]).when(issue()).thenRefused('conflict');
  });

  it.each(['2026-01-01T00:00:00Z', '2028-01-01T00:00:01Z'])('may not expire at %s', (expires_at) => {
    given([]).when(issue(expires_at)).thenRefused('invalid-request');
  });

  it.each(['2026-01-01T00:00:01Z', '2028-01-01T00:00:00Z'])('may expire at %s', (expires_at) => {
    given([]).when(issue(expires_at)).thenTypes(['ApiKeyIssued']);
  });

  it('is revoked once, however often it was used', () => {
    given([]).when(revoke).thenRefused('api-key-unknown');
    given([issued, used]).when(revoke).then([revoked]);
    given([issued, revoked, used]).when(revoke).thenNothing();
  });

  it('can be revoked though nobody can read how it was issued, or revoked', () => {
    given([unread('ApiKeyIssued', 1)])
      .when(revoke)
      .then([revoked]);
    given([issued, unread('ApiKeyRevoked', 2)])
      .when(revoke)
      .then([revoked]);
  });
});
