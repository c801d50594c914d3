import { unreachable, type StoredEvent } from '@edgeflow/contracts';
import type { ReadModel } from '../fold/advance-rows.js';
import { ClaimRow } from './claim.row.js';

type ClaimEvent = StoredEvent<'ClaimIssued' | 'ClaimUsed' | 'ClaimRevoked'>;

function isOfClaim(event: StoredEvent): event is ClaimEvent {
  return event.entity === 'claim';
}

/** The claim tokens of devices. */
export const claims: ReadModel<ClaimRow> = {
  entity: ClaimRow,
  id: 'claim_id',
  idOf: (event) => (isOfClaim(event) ? event.entity_id : undefined),
  evolve: (row, event) => {
    if (!isOfClaim(event) || (row && event.position <= row.position)) return row;
    return advance(row, event);
  },
};

function advance(row: ClaimRow | undefined, event: ClaimEvent): ClaimRow | undefined {
  const { position } = event;
  switch (event.type) {
    case 'ClaimIssued':
      return issued(event);
    case 'ClaimUsed':
      return row && { ...row, used: row.used + 1, position };
    case 'ClaimRevoked':
      return row && { ...row, revoked: true, position };
    default:
      return unreachable(event);
  }
}

function issued({ org, entity_id: claim_id, data, time, position }: StoredEvent<'ClaimIssued'>): ClaimRow {
  const { uses, expires_at, fleet = null, model = null, issued_by } = data;
  return {
    org,
    claim_id,
    uses,
    used: 0,
    expires_at,
    fleet,
    model,
    issued_by,
    issued_at: time,
    revoked: false,
    position,
  };
}
