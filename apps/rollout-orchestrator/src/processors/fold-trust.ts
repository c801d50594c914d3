import { isOf, type StoredEvent, type UnreadEvent } from '@edgeflow/contracts';
import { evolveTrust, noTrust, passTrust, type Trust } from '@edgeflow/firmware';
import type { Rows } from '@edgeflow/fold';
import { TrustRow } from '../rows/trust.row.js';

/** Brings the rows of the organizations whose keys or policy a batch is about forward. There are few such events. */
export async function foldTrust(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  for (const event of batch) {
    if (isOf(event, 'trust')) await advance(event, (trust) => evolveTrust(trust, event), tx);
  }
}

/** The same for events of trust streams that cannot be read, by the strictest that they may have said. */
export async function passOverTrust(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  for (const event of unread.filter(({ entity, unread: { why } }) => entity === 'trust' && why === 'set-aside')) {
    await advance(event, (trust) => passTrust(trust, event), tx);
  }
}

async function advance(
  { org, position }: Pick<StoredEvent, 'org' | 'position'>,
  evolve: (trust: Trust) => Trust,
  tx: Rows,
): Promise<void> {
  const [known] = await tx.get(TrustRow, [{ org }]);
  if (known && known.position >= position) return;
  await tx.put(TrustRow, [{ org, position, state: evolve(known?.state ?? noTrust) }]);
}
