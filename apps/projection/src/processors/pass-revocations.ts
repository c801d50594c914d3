import { isEventName, type EventName, type UnreadEvent } from '@edgeflow/contracts';
import type { RowClass, Rows } from '@edgeflow/fold';
import { ApiKeyRow } from '../rows/api-key.row.js';
import { ClaimRow } from '../rows/claim.row.js';
import { DeviceRow } from '../rows/device.row.js';
import { FirmwareRow } from '../rows/firmware.row.js';

/** A row that says whether what it is about is revoked, and the column that names it. */
interface Revocable {
  entity: RowClass<{ org: string; revoked: boolean }>;
  id: string;
}

/** What is revoked by an event, whatever else that says. */
const REVOCATIONS: { readonly [N in EventName]?: Revocable } = {
  DeviceRevoked: { entity: DeviceRow, id: 'device_id' },
  FirmwareRevoked: { entity: FirmwareRow, id: 'firmware_id' },
  ApiKeyRevoked: { entity: ApiKeyRow, id: 'key_id' },
  ClaimRevoked: { entity: ClaimRow, id: 'claim_id' },
};

/** Shows as revoked what is, and does not show what is gone: services refuse it though nobody can read why, so that nobody is to be told that it may be used. */
export async function passRevocations(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  for (const { org, entity_id, type } of unread) {
    if (type === 'DeviceRemoved') await tx.remove(DeviceRow, { org, device_id: entity_id });
    const revocation = isEventName(type) ? REVOCATIONS[type] : undefined;
    if (!revocation) continue;
    await tx.change(revocation.entity, { org, [revocation.id]: entity_id }, { revoked: true });
  }
}
