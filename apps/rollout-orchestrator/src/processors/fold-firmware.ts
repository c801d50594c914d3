import { isInUse, isOf } from '@edgeflow/contracts';
import type { EventOf, FirmwareSignature, StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { FirmwareRow, type FirmwareFacts } from '../rows/firmware.row.js';

/** Brings the rows of the firmwares that a batch is about forward. */
export async function foldFirmware(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  for (const event of batch) {
    if (isOf(event, 'firmware')) await foldEvent(event, tx);
    else if (event.type === 'FirmwareUseCounted') await foldUse(event, tx);
  }
}

async function foldEvent(event: EventOf<'firmware'>, tx: Rows): Promise<void> {
  if (event.type === 'FirmwareUploaded') return tx.put(FirmwareRow, [uploaded(event)]);
  const change = changedBy(event);
  const { org, entity_id: firmware_id } = event;
  if (Object.keys(change).length > 0) await tx.change(FirmwareRow, { org, firmware_id }, change);
}

function uploaded({ org, data }: StoredEvent<'FirmwareUploaded'>): FirmwareRow {
  const { firmware_id, model, version, sha256, size, key, min_version = null, signature } = data;
  const row = { org, firmware_id, model, version, sha256, size, key, min_version, signature: factsOf(signature) };
  return { ...row, revoked: false, deletion_id: null, withdrawn: false };
}

type Later = Exclude<EventOf<'firmware'>, StoredEvent<'FirmwareUploaded'>>;

/** What an event changes in the row of its firmware; whatever else happens to one makes no difference to who may have it. */
function changedBy(event: Later): Partial<FirmwareRow> {
  switch (event.type) {
    case 'FirmwareSigned':
      return { signature: factsOf(event.data.signature) };
    case 'FirmwareRevoked':
      return { revoked: true };
    case 'FirmwareDeletionProposed':
      return { deletion_id: event.data.deletion_id };
    case 'FirmwareDeleted':
      return { withdrawn: true, deletion_id: null };
    default:
      return {};
  }
}

/** What nobody needs is not given out from here on, so that the answer stays true until the registry has acted on it. */
async function foldUse({ org, data }: StoredEvent<'FirmwareUseCounted'>, tx: Rows): Promise<void> {
  const { firmware_id, deletion_id } = data;
  await tx.change(
    FirmwareRow,
    { org, firmware_id, deletion_id },
    { deletion_id: null, ...(!isInUse(data) && { withdrawn: true }) },
  );
}

/** Takes back firmware whose revocation, or deletion, cannot be read: that it stands there is enough. */
export async function passOverFirmware(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  for (const { org, entity, entity_id, type } of unread) {
    if (entity !== 'firmware') continue;
    if (type === 'FirmwareDeleted')
      await tx.change(FirmwareRow, { org, firmware_id: entity_id }, { withdrawn: true, deletion_id: null });
    if (type !== 'FirmwareRevoked') continue;
    await tx.change(FirmwareRow, { org, firmware_id: entity_id }, { revoked: true });
  }
}

function factsOf(signature: FirmwareSignature | undefined): FirmwareFacts | null {
  if (!signature) return null;
  const { manifest: _, ...facts } = signature;
  return facts;
}
