import type { EntityManager } from 'typeorm';
import type { StoredEvent } from '@edgeflow/contracts';
import { evolveTrust, isTrustEvent, noTrust } from '@edgeflow/firmware';
import { TrustRow } from './trust.row.js';

/** Brings the rows of the organizations whose keys or policy a batch is about forward. There are few such events. */
export async function foldTrust(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch.filter(isTrustEvent)) {
    const { org, position } = event;
    const known = await tx.findOneBy(TrustRow, { org });
    if (known && known.position >= position) continue;
    await tx.upsert(TrustRow, { org, position, state: evolveTrust(known?.state ?? noTrust, event) }, ['org']);
  }
}
