import type { TableShape } from '../table-shape.js';
import type { StoredRow } from './column-values.js';
import { Lock } from './memory-locks.js';

/** A change that was committed while somebody still reads as of a moment before it. */
interface Past {
  /** The commit. */
  at: number;
  key: string;
  before: StoredRow | undefined;
}

/** The committed rows of a table, by key. */
export class MemoryTable {
  /** Of the table, whatever its schema is called. */
  readonly lock = new Lock();
  readonly rows = new Map<string, StoredRow>();
  /** Columns that somebody has dropped. */
  readonly dropped = new Set<string>();
  private readonly locks = new Map<string, Lock>();
  private past: Past[] = [];

  constructor(readonly shape: TableShape) {}

  /** The lock of a row, be it there or not. */
  lockOf(key: string): Lock {
    let lock = this.locks.get(key);
    if (!lock) this.locks.set(key, (lock = new Lock(() => this.locks.delete(key))));
    return lock;
  }

  /** @param at number of the commit @param isRead true while somebody reads as of a moment before it */
  commit(key: string, row: StoredRow | undefined, at: number, isRead: boolean): void {
    if (isRead) this.past.push({ at, key, before: this.rows.get(key) });
    else if (this.past.length > 0) this.past = [];
    if (row) this.rows.set(key, row);
    else this.rows.delete(key);
  }

  /** What has changed since a moment, as it was then. */
  changedSince(moment: number): ReadonlyMap<string, StoredRow | undefined> {
    const changed = new Map<string, StoredRow | undefined>();
    for (const { at, key, before } of this.past) if (at > moment && !changed.has(key)) changed.set(key, before);
    return changed;
  }
}

/** The key of a row as one text. No text that is stored has a NUL. */
export function keyOf({ key }: Pick<TableShape, 'key'>, row: StoredRow): string {
  return key.map(({ name }) => String(row[name])).join('\0');
}

/** Tables of one schema, by name. */
export type MemorySchema = Map<string, MemoryTable>;
