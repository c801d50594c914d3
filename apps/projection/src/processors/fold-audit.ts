import { chain, emptyHead, entryOf, type AuditEntry } from '@edgeflow/audit';
import type { StoredEvent } from '@edgeflow/contracts';
import type { Rows } from '@edgeflow/fold';
import { AuditHeadRow, AuditRow } from '../rows/audit.row.js';

/** Puts a batch's entries behind the trails of their organizations: three statements, however many they are. */
export async function foldAudit(batch: readonly StoredEvent[], tx: Rows): Promise<void> {
  const byOrg = new Map<string, AuditEntry[]>();
  for (const event of batch) {
    const entry = entryOf(event);
    if (!entry) continue;
    const entries = byOrg.get(event.org);
    if (entries) entries.push(entry);
    else byOrg.set(event.org, [entry]);
  }
  if (byOrg.size === 0) return;
  const known = await tx.get(
    AuditHeadRow,
    [...byOrg.keys()].map((org) => ({ org })),
  );
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
  await tx.add(AuditRow, rows);
  await tx.put(AuditHeadRow, heads);
}
