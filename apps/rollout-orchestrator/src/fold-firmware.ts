import type { EntityManager } from 'typeorm';
import type { FirmwareSignature, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { FirmwareRow, type FirmwareFacts } from './firmware.row.js';

/** Brings the rows of the firmwares that a batch is about forward. */
export async function foldFirmware(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch) {
    const { org } = event;
    if (event.type === 'FirmwareUploaded') {
      const { firmware_id, model, version, sha256, size, key, min_version = null } = event.data;
      const row = { org, firmware_id, model, version, sha256, size, key, min_version, revoked: false };
      await tx.upsert(FirmwareRow, { ...row, signature: factsOf(event.data.signature) }, ['org', 'firmware_id']);
    } else if (event.type === 'FirmwareSigned') {
      const { firmware_id, signature } = event.data;
      await tx.update(FirmwareRow, { org, firmware_id }, { signature: factsOf(signature) });
    } else if (event.type === 'FirmwareRevoked') {
      await tx.update(FirmwareRow, { org, firmware_id: event.data.firmware_id }, { revoked: true });
    }
  }
}

/** Takes back firmware whose revocation cannot be read: that it stands there is enough. */
export async function passOverFirmware(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  for (const { org, entity, entity_id, type } of unread) {
    if (entity !== 'firmware' || type !== 'FirmwareRevoked') continue;
    await tx.update(FirmwareRow, { org, firmware_id: entity_id }, { revoked: true });
  }
}

function factsOf(signature: FirmwareSignature | undefined): FirmwareFacts | null {
  if (!signature) return null;
  const { manifest: _, ...facts } = signature;
  return facts;
}
