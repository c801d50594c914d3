import type { EntityManager } from 'typeorm';
import type { FoldCheckpoint } from './checkpoint.js';
import type { FoldTransaction, HeldLease, Lasts } from './fold-database.js';
import { foldWrites } from './foreign-changes.js';
import { PostgresRows } from './postgres-rows.js';
import type { Schemas } from './schemas.js';

/** SQL, as an expression: this transaction does not wait for the disk (PostgreSQL, section 28.4). */
const COMMITS_SOON = `set_config('synchronous_commit', 'off', true)`;

/** A transaction of a fold in PostgreSQL. */
export class PostgresTransaction extends PostgresRows implements FoldTransaction {
  constructor(
    private readonly manager: EntityManager,
    private readonly schemas: Schemas,
  ) {
    super(manager);
  }

  async lockCheckpoint(
    name: string,
    lasts: Lasts = 'at-once',
  ): Promise<Pick<FoldCheckpoint, 'position' | 'rebuild'> | undefined> {
    const settings = lasts === 'soon' ? `${foldWrites}, ${COMMITS_SOON}` : foldWrites;
    const [found] = (await this.manager.query(
      `SELECT position::float8, rebuild, ${settings} FROM fold_checkpoint WHERE name = $1 FOR UPDATE`,
      [name],
    )) as Pick<FoldCheckpoint, 'position' | 'rebuild'>[];
    return found;
  }

  async holdsLease({ holder, term }: HeldLease): Promise<boolean> {
    const { home, live } = this.schemas;
    const rows = (await this.manager.query(
      `SELECT 1 FROM "${home}".fold_lease WHERE name = $1 AND holder = $2 AND term = $3 FOR SHARE`,
      [live, holder, term],
    )) as unknown[];
    return rows.length > 0;
  }
}
