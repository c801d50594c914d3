import type { EntityManager } from 'typeorm';
import {
  ColumnValue,
  type Change,
  type Query,
  type Range,
  type RowClass,
  type Rows,
  type Statement,
  type Where,
} from './rows.js';
import { MANY, asJson, asLists } from './given-rows.js';
import { castOf, conditionsOf, hydrate, listOf, orderOf, parameterOf, quoted } from './rows-sql.js';
import { storable } from './storable.js';
import { columnOf, shapeOf, type TableShape } from './table-shape.js';

/** Rows in PostgreSQL: a statement for each call, in the transaction of the manager if it has one. */
export class PostgresRows implements Rows {
  constructor(private readonly tx: EntityManager) {}

  async get<R extends object>(table: RowClass<R>, keys: readonly Partial<R>[]): Promise<R[]> {
    if (keys.length === 0) return [];
    const shape = shapeOf(table);
    const lists = shape.key.map((column, index) => `$${index + 1}::${castOf(column)}[]`).join(', ');
    const where = `(${listOf(shape.key)}) IN (SELECT * FROM unnest(${lists}))`;
    return this.rowsOf(shape, where, valuesOf(shape, keys));
  }

  async put<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void> {
    const shape = shapeOf(table);
    const { columns, key } = shape;
    const set = columns.map(({ name }) => `"${name}" = excluded."${name}"`).join(', ');
    const isForward = columns.some(({ name }) => name === 'position');
    const forward = isForward ? ' WHERE excluded.position > stored.position' : '';
    await this.insert(shape, rows, `(${listOf(key)}) DO UPDATE SET ${set}${forward}`);
  }

  async add<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void> {
    await this.insert(shapeOf(table), rows, 'DO NOTHING');
  }

  async change<R extends object>(table: RowClass<R>, where: Where<R>, change: Change<R>): Promise<void> {
    const shape = shapeOf(table);
    const parameters: unknown[] = [];
    const set = Object.entries<unknown>(change)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => {
        const column = columnOf(shape, name);
        if (value instanceof ColumnValue) return `"${name}" = "${columnOf(shape, value.column).name}"`;
        return `"${name}" = $${parameters.push(parameterOf(column, value))}`;
      });
    if (set.length === 0) return;
    const conditions = conditionsOf(shape, where, parameters);
    await this.tx.query(`UPDATE ${quoted(shape)} SET ${set.join(', ')} WHERE ${conditions}`, parameters);
  }

  async raise<R extends object>(
    table: RowClass<R>,
    column: keyof R & string,
    to: readonly Partial<R>[],
  ): Promise<void> {
    if (to.length === 0) return;
    const shape = shapeOf(table);
    const columns = [...shape.key, columnOf(shape, column)];
    const lists = columns.map((one, index) => `$${index + 1}::${castOf(one)}[]`).join(', ');
    const same = shape.key.map(({ name }) => `stored."${name}" = raised."${name}"`).join(' AND ');
    await this.tx.query(
      `UPDATE ${quoted(shape)} AS stored SET "${column}" = GREATEST(stored."${column}", raised."${column}")
       FROM unnest(${lists}) AS raised (${listOf(columns)}) WHERE ${same}`,
      valuesOf({ ...shape, key: columns }, to),
    );
  }

  async remove<R extends object>(table: RowClass<R>, where: Where<R>): Promise<void> {
    const parameters: unknown[] = [];
    const shape = shapeOf(table);
    const conditions = conditionsOf(shape, where, parameters);
    await this.tx.query(`DELETE FROM ${quoted(shape)} WHERE ${conditions}`, parameters);
  }

  async range<R extends object>(table: RowClass<R>, where: Where<R>, { order, limit }: Range<R> = {}): Promise<R[]> {
    const parameters: unknown[] = [];
    const shape = shapeOf(table);
    const conditions = conditionsOf(shape, where, parameters);
    const most = limit === undefined ? '' : ` LIMIT $${parameters.push(limit)}`;
    return this.rowsOf(shape, `${conditions}${orderOf(shape, order)}${most}`, parameters);
  }

  async count<R extends object>(table: RowClass<R>, where: Where<R>): Promise<number> {
    const parameters: unknown[] = [];
    const shape = shapeOf(table);
    const from = `FROM ${quoted(shape)} WHERE ${conditionsOf(shape, where, parameters)}`;
    const [row] = (await this.tx.query(`SELECT count(*)::int AS count ${from}`, parameters)) as { count: number }[];
    return row?.count ?? 0;
  }

  async exists<R extends object>(table: RowClass<R>, where: Where<R>): Promise<boolean> {
    const parameters: unknown[] = [];
    const shape = shapeOf(table);
    const from = `FROM ${quoted(shape)} WHERE ${conditionsOf(shape, where, parameters)} LIMIT 1`;
    return ((await this.tx.query(`SELECT 1 ${from}`, parameters)) as unknown[]).length > 0;
  }

  async select<P, R extends object>({ sql, bind, of }: Query<P, R>, parameters: P): Promise<R[]> {
    return answered(of, await this.tx.query(sql, [...bind(parameters)]));
  }

  async run<P>({ sql, bind }: Statement<P>, parameters: P): Promise<void> {
    await this.tx.query(sql, [...bind(parameters)]);
  }

  private async insert(shape: TableShape, rows: readonly object[], onConflict: string): Promise<void> {
    if (rows.length === 0) return;
    const { insert, parameters } = rows.length < MANY ? asJson(shape, rows) : asLists(shape, rows);
    await this.tx.query(`${insert} ON CONFLICT ${onConflict}`, parameters);
  }

  private async rowsOf<R>(shape: TableShape, where: string, parameters: unknown[]): Promise<R[]> {
    const select = `SELECT ${listOf(shape.columns)} FROM ${quoted(shape)} WHERE ${where}`;
    return hydrated(shape, (await this.tx.query(select, parameters)) as Record<string, unknown>[]);
  }
}

/** What a query has answered, as its rows are. */
export function answered<R extends object>(of: RowClass<R> | undefined, found: unknown): R[] {
  return of ? hydrated(shapeOf(of), found as Record<string, unknown>[]) : (found as R[]);
}

function hydrated<R>(shape: TableShape, found: Record<string, unknown>[]): R[] {
  for (const row of found) hydrate(shape, row);
  return found as R[];
}

/** A list for each column of the key. */
function valuesOf({ key }: TableShape, rows: readonly object[]): unknown[] {
  return key.map(({ name }) => rows.map((row) => storable((row as Record<string, unknown>)[name])));
}
