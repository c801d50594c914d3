import { Injectable } from '@nestjs/common';
import {
  And,
  DataSource,
  type FindOperator,
  LessThan,
  MoreThan,
  type EntityManager,
  type FindManyOptions,
  type FindOptionsWhere,
} from 'typeorm';
import { Refused, type ErrorCode } from '@edgeflow/contracts';
import { Fold, asRowsRefusal, readableFrom, type RowClass } from '@edgeflow/fold';
import { decodeCursor, encodeCursor, type KeyFields } from './cursor.js';

/** How long a query waits for the position that its caller wants to see, in milliseconds. */
const AFTER_WAIT_MS = 5_000;

/** What the caller of a list wants to see of it. */
export interface Wanted {
  /** The position that the rows must have seen. */
  after?: number;
  limit: number;
  cursor?: string;
}

/** A part of a list. */
export interface Page<I> {
  items: I[];
  next_cursor: string | null;
}

/** What a list is made of. */
export interface List<R, K extends object, I> extends Ordered<R, K> {
  /** @param position that the rows have seen, at least */
  show: (rows: readonly R[], position: number) => I[] | Promise<I[]>;
}

/** Which rows of a list are read. */
export interface Part<K> {
  /** The last one that was shown: it begins behind that. */
  last: K | undefined;
  take: number;
  /** That the rows have seen, at least. */
  position: number;
}

/** Rows in an order, and where one of them stands in it. */
export interface Ordered<R, K extends object> {
  /** The fields by which they are ordered. */
  key: KeyFields<K>;
  keyOf: (row: R) => K;
  rows: (tables: EntityManager, part: Part<K>) => Promise<R[]>;
}

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
  async read<T>(after: number | undefined, query: (tables: EntityManager, position: number) => Promise<T>): Promise<T> {
    try {
      const { fold } = this;
      const position = await (after === undefined ? fold.readable() : readableFrom(fold, after, AFTER_WAIT_MS));
      return await query(this.database.manager, position);
    } catch (cause) {
      throw asRowsRefusal(cause);
    }
  }

  /** A page of a list. @throws Refused `invalid-request` for a bad cursor, and as `read` does */
  page<R, K extends object, I>(wanted: Wanted, list: List<R, K, I>): Promise<Page<I> & { position: number }> {
    return this.read(wanted.after, async (tables, position) => ({
      ...(await pageOf(tables, wanted, list, position)),
      position,
    }));
  }
}

/** A page of a list, by itself: one row more than it shows is read, which says that there is a next one. */
export async function pageOf<R, K extends object, I>(
  tables: EntityManager,
  { limit, cursor }: Wanted,
  { key, keyOf, rows, show }: List<R, K, I>,
  position: number,
): Promise<Page<I>> {
  const behind = cursor === undefined ? undefined : decodeCursor(key, cursor);
  const found = await rows(tables, { last: behind, take: limit + 1, position });
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next_cursor = last && found.length > limit ? encodeCursor(keyOf(last)) : null;
  return { items: await show(shown, position), next_cursor };
}

/** The rows of a table in the order of one column, in which each has another value. @param isKey what may stand there */
export function inOrderOf<R extends object, N extends keyof R & string>(
  column: N,
  isKey: (value: unknown) => value is R[N],
  { table, where, order = 'asc' }: { table: RowClass<R>; where: FindOptionsWhere<R>; order?: 'asc' | 'desc' },
): Ordered<R, Pick<R, N>> {
  const beyond = order === 'asc' ? MoreThan : LessThan;
  const named = (value: unknown): object => ({ [column]: value });
  return {
    key: named(isKey) as KeyFields<Pick<R, N>>,
    keyOf: (row) => named(row[column]) as Pick<R, N>,
    rows: (tables, { take, last }) => {
      const filter = where[column] as FindOperator<R[N]> | undefined;
      const behind = last && beyond(last[column]);
      const both = filter && behind ? And(filter, behind) : (filter ?? behind);
      const options = { where: { ...where, ...(both && named(both)) }, order: named(order), take };
      return tables.find(table, options as FindManyOptions<R>);
    },
  };
}

/** What was found. @throws Refused with the code when nothing was */
export function known<T>(found: T | null | undefined, code: ErrorCode, facts: Record<string, unknown>): T {
  if (found === null || found === undefined) throw new Refused(code, undefined, facts);
  return found;
}
