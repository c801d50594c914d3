import type { StoredRow } from './column-values.js';
import { giveUpWait, release, take, type Lock, type LockMode, type LockOwner, type Waiting } from './memory-locks.js';
import { MemoryError } from './memory-error.js';
import type { MemoryServer } from './memory-server.js';
import type { MemoryTable } from './memory-table.js';
import { inOrder, soon, type Soon } from './soon.js';

/** The table of checkpoints, which every set of rows has. */
const CHECKPOINT = 'fold_checkpoint';

/** What one transaction has written and locked, and what it sees: what was committed by now, or by the moment that it reads as of. */
export class MemoryTransaction implements LockOwner {
  waits: Waiting | undefined;
  readonly holds = new Set<Lock>();
  /** How long it waits for a lock, in milliseconds; without end when undefined. */
  lock_ms: number | undefined;
  /** True once it has the checkpoint, as whoever folds has. */
  folds = false;
  isOver = false;
  /** Told when a lock is not free. */
  waiting: (() => void) | undefined;
  private moment: number | undefined;
  private readonly written = new Map<MemoryTable, Map<string, StoredRow | undefined>>();
  private readonly atCommit: (() => void)[] = [];

  constructor(
    private readonly server: MemoryServer,
    /** The schema of tables that are named without one. */
    readonly sees: string,
  ) {}

  /** From here on it reads as of now. */
  holdMoment(): void {
    this.moment = this.server.moment;
    this.server.moments.add(this);
  }

  /** A table, locked until the end. @throws MemoryError 42P01 when there is none */
  table(name: string, schema = this.sees, mode: LockMode = 'share'): Soon<MemoryTable> {
    const found = this.server.tableOf(schema, name);
    const wait = this.lock(found.lock, mode);
    // Another one may have come in its place meanwhile.
    const isStill = (): boolean => this.server.tableOf(schema, name) === found;
    return wait ? wait.then(() => (isStill() ? found : this.table(name, schema, mode))) : found;
  }

  /** A row, locked until the end. @returns it as it is then */
  lockedRow(table: MemoryTable, key: string, mode: LockMode = 'exclusive'): Soon<StoredRow | undefined> {
    const wait = this.lock(table.lockOf(key), mode);
    return wait ? wait.then(() => this.row(table, key)) : this.row(table, key);
  }

  /** Resolves when it is got; undefined when that is at once, as mostly. */
  lock(lock: Lock, mode: LockMode): Promise<void> | undefined {
    // The server ends a statement with its connection, wherever that was.
    if (this.isOver) throw new MemoryError('57P01', 'terminating connection');
    const wait = take(this, lock, mode);
    return wait && this.waitFor(wait);
  }

  private async waitFor(wait: Promise<void>): Promise<void> {
    this.waiting?.();
    const late = (): void => giveUpWait(this, new MemoryError('55P03', 'canceling statement due to lock timeout'));
    const stop = this.lock_ms === undefined ? undefined : this.server.clock.after(this.lock_ms, late);
    try {
      await wait;
    } finally {
      stop?.();
    }
  }

  row(table: MemoryTable, key: string): StoredRow | undefined {
    const own = this.written.get(table);
    if (own?.has(key)) return own.get(key);
    const past = this.moment === undefined ? undefined : table.changedSince(this.moment);
    return past?.has(key) ? past.get(key) : table.rows.get(key);
  }

  rows(table: MemoryTable): StoredRow[] {
    const own = this.written.get(table);
    const past = this.moment === undefined ? undefined : table.changedSince(this.moment);
    if (!own && !past?.size) return [...table.rows.values()];
    const all = new Map<string, StoredRow | undefined>([...table.rows, ...(past ?? []), ...(own ?? [])]);
    return [...all.values()].filter((row) => row !== undefined);
  }

  /** @param row undefined takes it away */
  write(table: MemoryTable, key: string, row: StoredRow | undefined): void {
    const own = this.written.get(table) ?? new Map<string, StoredRow | undefined>();
    this.written.set(table, own.set(key, row));
  }

  /** Before a statement that changes a table: whoever does that beside the fold has said that the rows are wrong. */
  mayWrite(name: string): Soon<void> {
    this.server.checkWritable();
    if (this.folds || name === CHECKPOINT) return undefined;
    return soon(this.table(CHECKPOINT), (checkpoints) =>
      inOrder([...checkpoints.rows.keys()], (key) =>
        soon(this.lockedRow(checkpoints, key), (found) => {
          if (found) this.write(checkpoints, key, { ...found, rebuild: 'wrong' });
        }),
      ),
    );
  }

  /** What is done with the commit: schemas that come, go and change their names. */
  later(work: () => void): void {
    this.atCommit.push(work);
  }

  commit(): void {
    if (this.isOver) return;
    this.server.commit(this.written);
    for (const work of this.atCommit) work();
    this.end();
  }

  rollback(): void {
    if (!this.isOver) this.end();
  }

  private end(): void {
    this.isOver = true;
    this.server.moments.delete(this);
    release(this);
  }
}
