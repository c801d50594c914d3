import { isOf, unreachable, type EventOf, type StoredEvent } from '@edgeflow/contracts';
import type { ReadModel } from '@edgeflow/fold';
import { ClaimRow } from '../rows/claim.row.js';

/** The claim tokens of devices. */
export const claims: ReadModel<ClaimRow, EventOf<'claim'>> = {
  entity: ClaimRow,
  id: 'claim_id',
  takes: (event) => isOf(event, 'claim'),
  idOf: ({ entity_id }) => entity_id,
  evolve: (row, event) => (row && event.position <= row.position ? row : advance(row, event)),
};

function advance(row: ClaimRow | undefined, event: EventOf<'claim'>): ClaimRow | undefined {
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
