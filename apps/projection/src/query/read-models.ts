import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { Fold, asRowsRefusal } from '@edgeflow/fold';

/** How long a query waits for the position that its caller wants to see, in milliseconds. */
const AFTER_WAIT_MS = 5_000;

/** Reads the tables, and says how far they are. */
@Injectable()
export class ReadModels {
  constructor(
    private readonly database: DataSource,
    private readonly fold: Fold,
  ) {}

  /**
   * Runs a query when the fold has reached `after`. The position is read before the rows, so it never claims too much.
   * @throws Refused `read-model-behind` when the fold does not get there within 5 seconds, or the rows are being made anew;
   *   `database-unavailable`
   */
  async read<T>(
    after: number | undefined,
    query: (tables: EntityManager) => Promise<T>,
  ): Promise<{ found: T; position: number }> {
    try {
      if (after !== undefined) await this.fold.waitFor(after, AFTER_WAIT_MS);
      const position = await this.fold.readable();
      return { found: await query(this.database.manager), position };
    } catch (cause) {
      throw asRowsRefusal(cause);
    }
  }
}
