import { isToken } from '@edgeflow/contracts';
import type { Connection } from '../connection/connection.js';
import { DEAD_LETTER_STREAM } from '../connection/stream.js';
import { pagesOf } from './direct-batch.js';

/** See `EventLog.isDeadLetter`. */
export async function isDeadLetter(connection: Connection, org: string, position: number): Promise<boolean> {
  if (!isToken(org)) return false;
  for await (const copies of pagesOf(connection, `aside.${org}.*`, 1, DEAD_LETTER_STREAM)) {
    if (copies.some(({ header }) => header.get('Aside-Sequence') === String(position))) return true;
  }
  return false;
}
