import { unreachable, type StoredEvent } from '@edgeflow/contracts';
import type { ReadModel } from '../fold/advance-rows.js';
import { ApiKeyRow } from './api-key.row.js';

type AccessEvent = StoredEvent<'ApiKeyIssued' | 'ApiKeyRevoked' | 'ApiKeyUsed'>;

function isAccess(event: StoredEvent): event is AccessEvent {
  return event.entity === 'access';
}

/** The keys of programs. */
export const apiKeys: ReadModel<ApiKeyRow> = {
  entity: ApiKeyRow,
  id: 'key_id',
  idOf: (event) => (isAccess(event) ? event.entity_id : undefined),
  evolve: (row, event) => {
    if (!isAccess(event) || (row && event.position <= row.position)) return row;
    return advance(row, event);
  },
};

function advance(row: ApiKeyRow | undefined, event: AccessEvent): ApiKeyRow | undefined {
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
