import type { HeldLease, LeaseState, Leases } from '../fold-database.js';
import type { Schemas } from '../schemas.js';
import type { TableShape } from '../table-shape.js';
import type { StoredRow } from './column-values.js';
import type { MemoryServer } from './memory-server.js';
import type { MemoryTable } from './memory-table.js';
import type { Ask, Asked } from './memory-rows.js';
import type { MemoryTransaction } from './memory-transaction.js';

/** A row of `fold_lease`. */
export interface LeaseRow extends HeldLease {
  name: string;
  /** By the server's clock, in milliseconds. */
  expires_at: number;
}

const LEASES = 'fold_lease';
const column = (name: string, isKey = false) => ({
  name,
  type: 'text' as const,
  isArray: false,
  isNullable: false,
  isKey,
});
export const LEASE_TABLE: TableShape = {
  name: LEASES,
  columns: [column('name', true), column('holder'), column('term'), column('expires_at')].map((one) => ({
    ...one,
    transformer: undefined,
  })),
  key: [{ ...column('name', true), transformer: undefined }],
};

/** The lease of one version of a fold, by the server's clock. */
export class MemoryLeases implements Leases {
  constructor(
    private readonly server: MemoryServer,
    private readonly schemas: Schemas,
    private readonly ask: Ask,
  ) {}

  take(holder: string, for_ms: number, longest_ms: number): Promise<number | undefined> {
    return this.changing(async (tx, table) => {
      const found = (await tx.lockedRow(table, this.name)) as LeaseRow | undefined;
      const now = this.now;
      const isFree =
        !found || found.expires_at < now || found.expires_at > now + longest_ms || ['', holder].includes(found.holder);
      if (!isFree) return undefined;
      const term = (found?.term ?? 0) + 1;
      this.write(tx, table, { name: this.name, holder, term, expires_at: now + for_ms });
      return term;
    });
  }

  renew(held: HeldLease, for_ms: number): Promise<boolean> {
    return this.changing(async (tx, table) => {
      const found = await heldRow(tx, table, this.name, held, 'exclusive');
      if (found) this.write(tx, table, { ...found, expires_at: this.now + for_ms });
      return found !== undefined;
    });
  }

  give(held: HeldLease): Promise<void> {
    return this.changing(async (tx, table) => {
      const found = await heldRow(tx, table, this.name, held, 'exclusive');
      if (found) this.write(tx, table, { ...found, holder: '', expires_at: this.now });
    });
  }

  look(): Promise<LeaseState | undefined> {
    const asked: Asked = { kind: 'look', of: LEASES, writes: false };
    return this.ask(asked, async (tx) => {
      const found = tx.row(await tx.table(LEASES, this.schemas.home), this.name) as LeaseRow | undefined;
      return found && { holder: found.holder, over_s: (this.now - found.expires_at) / 1_000 };
    });
  }

  /** The fence: in a transaction that goes on. */
  async holds(tx: MemoryTransaction, held: HeldLease): Promise<boolean> {
    const table = await tx.table(LEASES, this.schemas.home);
    return (await heldRow(tx, table, this.name, held, 'share')) !== undefined;
  }

  private changing<T>(change: (tx: MemoryTransaction, table: MemoryTable) => Promise<T>): Promise<T> {
    return this.ask({ kind: 'lease', of: LEASES, writes: true }, async (tx) => {
      this.server.checkWritable();
      return change(tx, await tx.table(LEASES, this.schemas.home));
    });
  }

  private write(tx: MemoryTransaction, table: MemoryTable, row: LeaseRow): void {
    tx.write(table, row.name, Object.freeze({ ...row }) as unknown as StoredRow);
  }

  private get now(): number {
    return this.server.clock.now().getTime();
  }

  private get name(): string {
    return this.schemas.live;
  }
}

/** The row while it is of this holder and term; whoever does not find it so does not wait for it. */
async function heldRow(
  tx: MemoryTransaction,
  table: MemoryTable,
  name: string,
  { holder, term }: HeldLease,
  mode: 'share' | 'exclusive',
): Promise<LeaseRow | undefined> {
  const isHeld = (row: StoredRow | undefined): boolean => row?.holder === holder && row.term === term;
  if (!isHeld(tx.row(table, name))) return undefined;
  const found = await tx.lockedRow(table, name, mode);
  return isHeld(found) ? (found as unknown as LeaseRow) : undefined;
}
