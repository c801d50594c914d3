import type { StoredEvent, UnreadEvent } from '@edgeflow/contracts';
import { isTableGone } from './database-errors.js';
import { DeadLetterRow } from './dead-letter.row.js';
import type { Rows } from './rows.js';

/** What nobody has acknowledged yet. */
export interface OpenDeadLetters {
  count: number;
  /** Some of their streams, `ota.acme.update.dev_1`; the oldest first. */
  streams: string[];
}

/** Streams that are named at most. */
const NAMED = 10;
/** What stands in no organization has nobody who could acknowledge it. */
const NOWHERE = '_';

/** Keeps what a fold passes over. An unknown type is no error, so it is not among it. */
export async function keepDeadLetters(unread: readonly UnreadEvent[], tx: Rows): Promise<void> {
  const rows = unread.flatMap(({ unread: why, id: _, ...event }): DeadLetterRow[] => {
    if (why.why !== 'set-aside') return [];
    const { code, reason } = why;
    return [{ ...event, code, reason, acknowledged_at: null, acknowledged_by: null }];
  });
  await tx.add(DeadLetterRow, rows);
}

/** Notes who has looked at what was set aside. The first one counts. */
export async function noteAcknowledged(events: readonly StoredEvent[], tx: Rows): Promise<void> {
  for (const event of events) {
    if (event.type !== 'SetAsideAcknowledged') continue;
    const { org, time, data } = event;
    const open = { org, position: data.position, acknowledged_at: null };
    await tx.change(DeadLetterRow, open, { acknowledged_at: time, acknowledged_by: data.acknowledged_by });
  }
}

/** What was set aside in any organization and waits for somebody to look at it. */
export async function openDeadLetters(tables: Rows): Promise<OpenDeadLetters> {
  const where = { acknowledged_at: null, org: { not: NOWHERE } };
  try {
    const rows = await tables.range(DeadLetterRow, where, { order: { position: 'asc' }, limit: 4 * NAMED });
    const count = await tables.count(DeadLetterRow, where);
    return { count, streams: [...new Set(rows.map(streamOf))].slice(0, NAMED) };
  } catch (error) {
    // There are no rows yet, which others say.
    if (isTableGone(error)) return { count: 0, streams: [] };
    throw error;
  }
}

/** The stream of an event that was set aside; its subject where that names none. */
export function streamOf({ entity, subject }: Pick<DeadLetterRow, 'entity' | 'subject'>): string {
  return entity === '' ? subject : subject.split('.').slice(0, 4).join('.');
}
