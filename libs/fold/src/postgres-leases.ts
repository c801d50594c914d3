import type { DataSource } from 'typeorm';
import type { HeldLease, LeaseState, Leases } from './fold-database.js';
import type { Schemas } from './schemas.js';

/** The lease row of one version of a fold. Time is PostgreSQL's own (ADR 0026). */
export class PostgresLeases implements Leases {
  private readonly name: string;
  private readonly table: string;

  constructor(
    private readonly database: Pick<DataSource, 'query'>,
    { home, live }: Schemas,
  ) {
    this.name = live;
    this.table = `"${home}".fold_lease`;
  }

  async take(holder: string, for_ms: number, longest_ms: number): Promise<number | undefined> {
    const [row] = (await this.database.query(
      `INSERT INTO ${this.table} AS lease (name, holder, term, expires_at)
       VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
       ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, term = lease.term + 1, expires_at = excluded.expires_at
       WHERE lease.expires_at < clock_timestamp() OR lease.expires_at > clock_timestamp() + $4 * interval '1 millisecond'
         OR lease.holder IN ('', excluded.holder)
       RETURNING term`,
      [this.name, holder, for_ms, longest_ms],
    )) as { term: string }[];
    return row && Number(row.term);
  }

  async renew({ holder, term }: HeldLease, for_ms: number): Promise<boolean> {
    const [rows] = (await this.database.query(
      `UPDATE ${this.table} SET expires_at = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE name = $1 AND holder = $2 AND term = $3 RETURNING term`,
      [this.name, holder, term, for_ms],
    )) as [unknown[], number];
    return rows.length > 0;
  }

  async give({ holder, term }: HeldLease): Promise<void> {
    const given = `UPDATE ${this.table} SET holder = '', expires_at = clock_timestamp() WHERE name = $1 AND holder = $2 AND term = $3`;
    await this.database.query(given, [this.name, holder, term]);
  }

  async look(): Promise<LeaseState | undefined> {
    const [row] = (await this.database.query(
      `SELECT holder, extract(epoch FROM clock_timestamp() - expires_at)::float8 AS over_s FROM ${this.table} WHERE name = $1`,
      [this.name],
    )) as LeaseState[];
    return row;
  }
}
