import type { FoldCheckpoint } from '../checkpoint.js';
import type { FoldTransaction, HeldLease } from '../fold-database.js';
import { LEASE_TABLE, type MemoryLeases } from './memory-leases.js';
import { MemoryRows, type Ask } from './memory-rows.js';
import type { MemoryServer } from './memory-server.js';

/** The table of checkpoints. */
export const CHECKPOINT = 'fold_checkpoint';

/** A transaction of a fold. */
export class MemoryFoldTransaction extends MemoryRows implements FoldTransaction {
  constructor(
    server: MemoryServer,
    private readonly inTurn: Ask,
    private readonly leases: MemoryLeases,
  ) {
    super(server, inTurn);
  }

  lockCheckpoint(name: string): Promise<Pick<FoldCheckpoint, 'position' | 'rebuild'> | undefined> {
    return this.inTurn({ kind: 'SELECT FOR UPDATE', of: CHECKPOINT, writes: true }, async (tx) => {
      const table = await tx.table(CHECKPOINT);
      if (!tx.row(table, name)) return undefined;
      const found = await tx.lockedRow(table, name);
      if (found) tx.folds = true;
      return found as unknown as FoldCheckpoint | undefined;
    });
  }

  holdsLease(held: HeldLease): Promise<boolean> {
    return this.inTurn({ kind: 'SELECT FOR SHARE', of: LEASE_TABLE.name, writes: false }, (tx) =>
      this.leases.holds(tx, held),
    );
  }
}
