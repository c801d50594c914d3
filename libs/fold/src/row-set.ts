import type { RowClass, Rows, Where } from './rows.js';

/** A table, and what a row of it is known by. */
export interface KeyedTable<R extends object, K extends keyof R & string> {
  entity: RowClass<R>;
  /** The columns of the primary key: texts without a slash. */
  key: readonly K[];
  /** What queries choose rows by, made of the rest: once for each row that is stored, not for each event. */
  derived?: (row: R) => Partial<R>;
}

/** The rows of one table that a batch is about: loaded by one query, changed in memory, stored by one statement. */
export class RowSet<R extends { position: number }, K extends keyof R & string> {
  private readonly rows = new Map<string, R>();
  private readonly changed = new Map<string, R>();
  /** Rows that go, be it to make room for another one of the key. */
  private readonly removed = new Map<string, Pick<R, K>>();

  private constructor(private readonly table: KeyedTable<R, K>) {}

  /** @param wanted keys, as often as they like */
  static async load<R extends { position: number }, K extends keyof R & string>(
    tx: Rows,
    table: KeyedTable<R, K>,
    wanted: readonly Pick<R, K>[],
  ): Promise<RowSet<R, K>> {
    const set = new RowSet(table);
    const keys = [...new Map(wanted.map((one) => [set.textOf(one), one])).values()];
    const found = await tx.get<R>(table.entity, keys as unknown as Partial<R>[]);
    for (const row of found) set.rows.set(set.textOf(row), row);
    return set;
  }

  /** Undefined when there is none. */
  of(key: Pick<R, K>): R | undefined {
    return this.rows.get(this.textOf(key));
  }

  /** Takes a row in the place of the one of its key. */
  put(row: R): void {
    const key = this.textOf(row);
    if (this.rows.get(key) === row) return;
    this.rows.set(key, row);
    this.changed.set(key, row);
  }

  /** Takes the row of a key away. */
  remove(key: Pick<R, K>): void {
    const text = this.textOf(key);
    this.rows.delete(text);
    this.changed.delete(text);
    this.removed.set(text, key);
  }

  /** Stores what has changed, each row only forward. */
  async store(tx: Rows): Promise<void> {
    for (const key of this.removed.values()) await tx.remove(this.table.entity, this.keyOf(key));
    this.removed.clear();
    const rows = [...this.changed.values()].map((row) => ({ ...row, ...this.table.derived?.(row) }));
    this.changed.clear();
    await tx.put(this.table.entity, rows);
  }

  private keyOf(key: Pick<R, K>): Where<R> {
    return Object.fromEntries(this.table.key.map((column) => [column, key[column]])) as unknown as Where<R>;
  }

  private textOf(key: Pick<R, K>): string {
    return this.table.key.map((column) => key[column]).join('/');
  }
}
