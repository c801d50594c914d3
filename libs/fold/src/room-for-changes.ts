import type { DataSource } from 'typeorm';
import { quotedTable } from './quoted-table.js';

const rooms = new Map<unknown, number>();

/**
 * Rows of this table change often, mostly in columns without an index. Its pages are filled up to a part, in percent, so that a changed row lies in the page of the
 * one before it: no index is written then (heap-only tuples, PostgreSQL, section 66.7), and the log of the database holds less of it.
 */
export function RoomForChanges(fillfactor: number): ClassDecorator {
  return (table) => void rooms.set(table, fillfactor);
}

/** @param database whose tables were made just now */
export async function leaveRoom(database: DataSource): Promise<void> {
  for (const metadata of database.entityMetadatas) {
    const fillfactor = rooms.get(metadata.target);
    if (fillfactor === undefined) continue;
    await database.query(`ALTER TABLE ${quotedTable(metadata)} SET (fillfactor = ${fillfactor})`);
  }
}
