import type { Rows } from '../rows.js';
import { MemoryRows } from './memory-rows.js';
import type { MemoryServer } from './memory-server.js';
import { MemoryTransaction } from './memory-transaction.js';

/** What somebody does to the rows of a schema beside the fold, in one transaction. */
export async function byOtherHand<T>(
  server: MemoryServer,
  schema: string,
  work: (rows: Rows) => Promise<T>,
): Promise<T> {
  const tx = new MemoryTransaction(server, schema);
  try {
    const done = await work(new MemoryRows(server, async (_, statement) => statement(tx)));
    tx.commit();
    return done;
  } finally {
    tx.rollback();
  }
}
