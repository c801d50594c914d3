import type { EntityManager } from 'typeorm';
import { PostgresRows, answered } from './postgres-rows.js';
import type { MomentRows, Query } from './rows.js';

/** The rows of one moment in PostgreSQL: those of a transaction that reads. */
export class PostgresMoment extends PostgresRows implements MomentRows {
  constructor(private readonly moment: EntityManager) {
    super(moment);
  }

  async *pages<P, R extends object>(
    { name, sql, bind, of }: Query<P, R>,
    parameters: P,
    size: number,
  ): AsyncGenerator<R[], void, undefined> {
    await this.moment.query(`DECLARE "${name}" NO SCROLL CURSOR FOR ${sql}`, [...bind(parameters)]);
    for (let isMore = true; isMore;) {
      const page = answered(of, await this.moment.query(`FETCH ${size} FROM "${name}"`));
      yield page;
      isMore = page.length === size;
    }
    await this.moment.query(`CLOSE "${name}"`);
  }
}
