import { isOf, unreachable, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import type { ReadModel } from '@edgeflow/fold';
import { ApiKeyRow } from '../rows/api-key.row.js';

/** The keys of programs. */
export const apiKeys: ReadModel<ApiKeyRow, EventOf<'access'>> = {
  entity: ApiKeyRow,
  id: 'key_id',
  takes: (event) => isOf(event, 'access'),
  idOf: ({ entity_id }) => entity_id,
  evolve: (row, event) => (row && event.position <= row.position ? row : advance(row, event)),
};

function advance(row: ApiKeyRow | undefined, event: EventOf<'access'>): ApiKeyRow | undefined {
  const { position, time } = event;
  switch (event.type) {
    case 'ApiKeyIssued':
      return issued(event);
    case 'ApiKeyRevoked':
      return row && { ...row, revoked: true, position };
    case 'ApiKeyUsed':
      return row && { ...row, last_used_at: time, position };
    default:
      return unreachable(event);
  }
}

function issued({ org, entity_id: key_id, data, time, position }: StoredEvent<'ApiKeyIssued'>): ApiKeyRow {
  const { name, roles, issued_by, expires_at = null } = data;
  const about = { org, key_id, name, roles, issued_by, expires_at };
  return { ...about, issued_at: time, revoked: false, last_used_at: null, position };
}
