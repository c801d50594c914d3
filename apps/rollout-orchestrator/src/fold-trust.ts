import type { EntityManager } from 'typeorm';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { evolveTrust, isTrustEvent, noTrust, passTrust, type Trust } from '@edgeflow/firmware';
import { TrustRow } from './trust.row.js';

/** Brings the rows of the organizations whose keys or policy a batch is about forward. There are few such events. */
export async function foldTrust(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of batch.filter(isTrustEvent)) {
    await advance(event, (trust) => evolveTrust(trust, event), tx);
  }
}

/** The same for events of trust lanes that cannot be read, by the strictest that they may have said. */
export async function passOverTrust(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  for (const event of unread.filter(({ entity, unread: { why } }) => entity === 'trust' && why === 'set-aside')) {
    await advance(event, (trust) => passTrust(trust, event), tx);
  }
}

async function advance(
  { org, position }: Pick<StoredEvent, 'org' | 'position'>,
  evolve: (trust: Trust) => Trust,
  tx: EntityManager,
): Promise<void> {
  const known = await tx.findOneBy(TrustRow, { org });
  if (known && known.position >= position) return;
  await tx.upsert(TrustRow, { org, position, state: evolve(known?.state ?? noTrust) }, ['org']);
}
