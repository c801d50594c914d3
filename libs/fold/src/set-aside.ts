import { IsNull, Not, type EntityManager } from 'typeorm';
import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { SetAsideRow } from './set-aside.row.js';
import { insertMissing } from './write-rows.js';

/** What nobody has acknowledged yet. */
export interface OpenSetAside {
  count: number;
  /** Some of their lanes, `ota.acme.update.dev_1`; the oldest first. */
  lanes: string[];
}

/** Lanes that are named at most. */
const NAMED = 10;
/** What stands in no organization has nobody who could acknowledge it. */
const NOWHERE = '_';

/** Keeps what a fold passes over. An unknown type is no error, so it is not among it. */
export async function keepSetAside(unread: readonly UnreadEvent[], tx: EntityManager): Promise<void> {
  const rows = unread.flatMap(({ unread: why, id: _, ...event }): SetAsideRow[] => {
    if (why.why !== 'set-aside') return [];
    const { code, reason } = why;
    return [{ ...event, code, reason, acknowledged_at: null, acknowledged_by: null }];
  });
  await insertMissing(tx, SetAsideRow, rows);
}

/** Notes who has looked at what was set aside. The first one counts. */
export async function noteAcknowledged(events: readonly StoredEvent[], tx: EntityManager): Promise<void> {
  for (const event of events) {
    if (event.type !== 'SetAsideAcknowledged') continue;
    const { org, time, data } = event;
    const open = { org, position: data.position, acknowledged_at: IsNull() };
    await tx.update(SetAsideRow, open, { acknowledged_at: time, acknowledged_by: data.acknowledged_by });
  }
}

/** What was set aside in any organization and waits for somebody to look at it. */
export async function openSetAside(tables: EntityManager): Promise<OpenSetAside> {
  const where = { acknowledged_at: IsNull(), org: Not(NOWHERE) };
  const [rows, count] = await tables.findAndCount(SetAsideRow, { where, order: { position: 'ASC' }, take: 4 * NAMED });
  return { count, lanes: [...new Set(rows.map(laneOf))].slice(0, NAMED) };
}

/** The lane of an event that was set aside; its subject where that names none. */
export function laneOf({
  org,
  entity,
  entity_id,
  subject,
}: Pick<SetAsideRow, 'org' | 'entity' | 'entity_id' | 'subject'>): string {
  return entity === '' ? subject : `ota.${org}.${entity}.${entity_id}`;
}
