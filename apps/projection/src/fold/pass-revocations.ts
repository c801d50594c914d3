import type { EntityManager } from 'typeorm';
import type { UnreadEvent } from '@edgeflow/contracts';
import type { RowClass } from '@edgeflow/fold';
import { ApiKeyRow } from '../access/api-key.row.js';
import { ClaimRow } from '../access/claim.row.js';
import { DeviceRow } from '../devices/device.row.js';
import { FirmwareRow } from '../firmware/firmware.row.js';

/** What is revoked by an event, whatever else that says; the column that names it. */
const REVOCATIONS: Readonly<Record<string, { entity: RowClass<{ org: string; revoked: boolean }>; id: string }>> = {
  DeviceRevoked: { entity: DeviceRow, id: 'device_id' },
  FirmwareRevoked: { entity: FirmwareRow, id: 'firmware_id' },
  ApiKeyRevoked: { entity: ApiKeyRow, id: 'key_id' },
  ClaimRevoked: { entity: ClaimRow, id: 'claim_id' },
};

/** Shows as revoked what is: services refuse it though nobody can read why, so that nobody is to be told that it may be used. */
export async function passRevocations(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  for (const { org, entity_id, type } of unread) {
    const revocation = Object.hasOwn(REVOCATIONS, type) ? REVOCATIONS[type] : undefined;
    if (!revocation) continue;
    await tx.update(revocation.entity, { org, [revocation.id]: entity_id }, { revoked: true });
  }
}
