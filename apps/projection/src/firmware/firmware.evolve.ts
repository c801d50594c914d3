import type { FirmwareSignature, StoredEvent } from '@edgeflow/contracts';
import type { FirmwareRow } from './firmware.row.js';

/** The events of a firmware's lane. */
type FirmwareEvent = StoredEvent<'FirmwareUploaded' | 'FirmwareSigned' | 'FirmwareRevoked'>;

/** True for what changes a firmware; all other events are of devices, updates and requests, and are ignored here. */
export function isOfFirmware(event: StoredEvent): event is FirmwareEvent {
  return event.entity === 'firmware';
}

/** A firmware after one more event of its lane; one at or before the row's position was folded already. */
export function evolveFirmware(firmware: FirmwareRow | undefined, event: StoredEvent): FirmwareRow | undefined {
  if (!isOfFirmware(event) || (firmware && event.position <= firmware.position)) return firmware;
  if (event.type === 'FirmwareUploaded') return uploaded(event);
  if (event.type === 'FirmwareSigned') {
    return firmware && { ...firmware, ...signatureOf(event.data.signature), position: event.position };
  }
  return firmware && { ...firmware, revoked: true, revoked_at: event.time, position: event.position };
}

function uploaded({ org, entity_id, data, time, position }: StoredEvent<'FirmwareUploaded'>): FirmwareRow {
  const { model, models, version, sha256, size, key, uploaded_by, min_version = null, release_notes = null } = data;
  return {
    ...{ org, firmware_id: entity_id, model, models, version, sha256, size, key, min_version, release_notes },
    ...signatureOf(data.signature),
    ...{ uploaded_at: time, uploaded_by, revoked: false, revoked_at: null, position },
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
