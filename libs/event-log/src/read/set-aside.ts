import { isToken } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { ASIDE_STREAM } from '../connection/stream.js';
import { directBatch } from './direct-batch.js';

/** Messages in one answer of the server. */
const PAGE = 500;

/** See `EventLog.isSetAside`. */
export async function isSetAside(connection: Connection, org: string, position: number): Promise<boolean> {
  if (!isToken(org)) return false;
  for (let seq = 1; ;) {
    const query = { seq, next_by_subj: `aside.${org}.*`, batch: PAGE };
    const copies = await connection.ask(() => directBatch(connection.manager, query, ASIDE_STREAM));
    if (copies.some(({ header }) => header.get('Aside-Sequence') === String(position))) return true;
    const last = copies.at(-1);
    if (!last || last.pending <= 0) return false;
    seq = last.seq + 1;
  }
}
