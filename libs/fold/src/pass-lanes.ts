import type { EntityManager } from 'typeorm';
import type { UnreadEvent } from '@edgeflow/contracts';
import { insertMissing, quotedTable, type RowClass } from './write-rows.js';

/** A table whose rows say how far the lane of an entity was seen: what the next append to it expects. */
export interface LaneTable<R extends { org: string; lane_position: number }> {
  entity: RowClass<R>;
  /** The column that, with `org`, is the key. */
  id: keyof R & string;
  /** A row of which nothing is known. */
  empty(unread: UnreadEvent): R;
}

/** Moves rows past events of their lanes that nobody reads, or the next append would conflict for ever. */
export async function passLanes<R extends { org: string; lane_position: number }>(
  tx: EntityManager,
  { entity, id, empty }: LaneTable<R>,
  unread: readonly UnreadEvent[],
): Promise<void> {
  if (unread.length === 0) return;
  // Later ones of a lane take the place of earlier ones.
  const ends = [...new Map(unread.map((event) => [`${event.org}/${event.entity_id}`, event])).values()];
  await insertMissing(
    tx,
    entity,
    ends.map((event) => empty(event)),
  );
  await tx.query(
    `UPDATE ${quotedTable(tx.connection.getMetadata(entity))} AS lane
     SET lane_position = GREATEST(lane.lane_position, passed.position)
     FROM unnest($1::text[], $2::text[], $3::bigint[]) AS passed (org, id, position)
     WHERE lane.org = passed.org AND lane."${id}" = passed.id`,
    [ends.map(({ org }) => org), ends.map(({ entity_id }) => entity_id), ends.map(({ position }) => position)],
  );
}
