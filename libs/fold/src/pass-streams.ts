import type { UnreadEvent } from '@edgeflow/contracts';
import type { RowClass, Rows } from './rows.js';

/** A table whose rows say how far the stream of an entity was seen: what the next append to it expects. */
export interface StreamTable<R extends { org: string; lane_position: number }> {
  entity: RowClass<R>;
  /** A row of which nothing is known; it says how far its stream is. */
  empty(unread: UnreadEvent): R;
}

/** Moves rows past events of their streams that nobody reads, or the next append would conflict for ever. */
export async function passStreams<R extends { org: string; lane_position: number }>(
  tx: Rows,
  { entity, empty }: StreamTable<R>,
  unread: readonly UnreadEvent[],
): Promise<void> {
  if (unread.length === 0) return;
  // Later ones of a stream take the place of earlier ones.
  const ends = [...new Map(unread.map((event) => [`${event.org}/${event.entity_id}`, event])).values()];
  const rows = ends.map((event) => empty(event));
  await tx.add(entity, rows);
  await tx.raise(entity, 'lane_position', rows);
}
