import type { DataSource, EntityManager } from 'typeorm';
import { FoldLease } from './lease.row.js';
import { quotedTable } from './write-rows.js';

/** A lease as it stands now. */
export interface LeaseState {
  /** Empty when it was given up. */
  holder: string;
  /** For how long it has been over, in seconds, or will hold when negative. */
  over_s: number;
}

/** A taken lease. */
export interface TakenLease {
  term: number;
  /** Whose lease ran out; undefined when nobody's did. */
  from: LeaseState | undefined;
}

/** The lease row of one fold, as one replica sees it. Time is PostgreSQL's own (ADR 0026). */
export class Lease {
  constructor(
    private readonly database: DataSource,
    private readonly name: string,
    readonly holder: string,
    private readonly ms: number,
  ) {}

  /** Takes the lease when it is nobody's, has run out, or is this replica's own. @returns undefined while another one holds it */
  async take(): Promise<TakenLease | undefined> {
    const found = await this.look();
    if (found && found.over_s < 0 && found.holder !== '' && found.holder !== this.holder) return undefined;
    const [row] = (await this.database.query(
      `INSERT INTO ${this.table} AS lease (name, holder, term, expires_at)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = lease.term + 1, expires_at = excluded.expires_at
       WHERE lease.expires_at < clock_timestamp() OR lease.holder IN ('', excluded.holder)
       RETURNING term`,
      [this.name, this.holder, this.ms],
    )) as { term: string }[];
    const ranOut = found && found.holder !== '' && found.holder !== this.holder ? found : undefined;
    return row && { term: Number(row.term), from: ranOut };
  }

  /** Renews the lease. @returns false when another one has it, or it is gone */
  async renew(term: number): Promise<boolean> {
    const [rows] = (await this.database.query(
      `UPDATE ${this.table} SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE name = $1 AND holder = $2 AND term = $3 RETURNING term`,
      [this.name, this.holder, term, this.ms],
    )) as [unknown[], number];
    return rows.length > 0;
  }

  /** Gives the lease up, so that nobody has to wait until it runs out. */
  async give(term: number): Promise<void> {
    const given = `UPDATE ${this.table} SET holder = '', expires_at = clock_timestamp() WHERE name = $1 AND holder = $2 AND term = $3`;
    await this.database.query(given, [this.name, this.holder, term]);
  }

  /**
   * The fence: true when the lease is still of this term. Whoever would take it waits until the transaction has ended.
   */
  async holds(term: number, tx: EntityManager): Promise<boolean> {
    const rows = (await tx.query(
      `SELECT 1 FROM ${this.table} WHERE name = $1 AND holder = $2 AND term = $3 FOR SHARE`,
      [this.name, this.holder, term],
    )) as unknown[];
    return rows.length > 0;
  }

  /** Undefined when nobody ever held it. */
  async look(): Promise<LeaseState | undefined> {
    const [row] = (await this.database.query(
      `SELECT holder, extract(epoch FROM clock_timestamp() - expires_at)::float8 AS over_s FROM ${this.table} WHERE name = $1`,
      [this.name],
    )) as LeaseState[];
    return row;
  }

  private get table(): string {
    return quotedTable(this.database.getMetadata(FoldLease));
  }
}
