import { In, type EntityManager } from 'typeorm';
import { chain, emptyHead, entryOf, type AuditEntry } from '@edgeflow/audit';
import type { StoredEvent } from '@edgeflow/contracts';
import { insertMissing, upsertForward } from '@edgeflow/fold';
import { AuditHeadRow, AuditRow } from './audit.row.js';

/** Puts a batch's entries behind the trails of their organizations: three statements, however many they are. */
export async function foldAudit(batch: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  const byOrg = new Map<string, AuditEntry[]>();
  for (const event of batch) {
    const entry = entryOf(event);
    if (!entry) continue;
    const entries = byOrg.get(event.org);
    if (entries) entries.push(entry);
    else byOrg.set(event.org, [entry]);
  }
  if (byOrg.size === 0) return;
  const known = await tx.findBy(AuditHeadRow, { org: In([...byOrg.keys()]) });
  const rows: AuditRow[] = [];
  const heads: AuditHeadRow[] = [];
  for (const [org, entries] of byOrg) {
    const head = known.find((one) => one.org === org) ?? { ...emptyHead(org), position: 0 };
    const lines = chain(
      head,
      entries.filter(({ position }) => position > head.position),
    );
    const last = lines.at(-1);
    if (!last) continue;
    rows.push(...lines.map((line) => ({ ...line, roles: [...line.roles] })));
    heads.push({ org, seq: last.seq, hash: last.hash, position: last.position });
  }
  await insertMissing(tx, AuditRow, rows);
  await upsertForward(tx, AuditHeadRow, heads);
}
