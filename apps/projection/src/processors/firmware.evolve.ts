import { unreachable, type EventOf, type FirmwareSignature, type StoredEvent } from '@edgeflow/contracts';
import type { FirmwareRow } from '../rows/firmware.row.js';

/** A firmware after one more event of its stream; one at or before the row's position was folded already. */
export function evolveFirmware(firmware: FirmwareRow | undefined, event: EventOf<'firmware'>): FirmwareRow | undefined {
  const { position, time } = event;
  if (firmware && position <= firmware.position) return firmware;
  switch (event.type) {
    case 'FirmwareUploaded':
      return uploaded(event);
    case 'FirmwareSigned':
      return firmware && { ...firmware, ...signatureOf(event.data.signature), position };
    case 'FirmwareRevoked':
      return firmware && { ...firmware, revoked: true, revoked_at: time, position };
    case 'FirmwareDeletionProposed':
      return firmware && { ...firmware, position };
    case 'FirmwareDeleted':
      return firmware && { ...firmware, deleted: true, deleted_at: time, position };
    default:
      return unreachable(event);
  }
}

function uploaded({ org, entity_id, data, time, position }: StoredEvent<'FirmwareUploaded'>): FirmwareRow {
  const { model, models, version, sha256, size, key, uploaded_by, min_version = null, release_notes = null } = data;
  return {
    ...{ org, firmware_id: entity_id, model, models, version, sha256, size, key, min_version, release_notes },
    ...signatureOf(data.signature),
    ...{ uploaded_at: time, uploaded_by, revoked: false, revoked_at: null },
    ...{ deleted: false, deleted_at: null, position },
  };
}

function signatureOf(signature: FirmwareSignature | undefined) {
  return {
    signed_by: signature?.kid ?? null,
    release_counter: signature?.release_counter ?? null,
    // As Postgres gives it back: the publisher may write it otherwise.
    manifest_expires_at: signature ? new Date(signature.expires_at).toISOString() : null,
    allow_downgrade: signature?.allow_downgrade ?? false,
  };
}
