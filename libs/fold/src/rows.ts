/** The class of a table's rows, whose columns say what they hold. */
export type RowClass<R> = new () => R;

/** What a condition compares. */
export type Plain = string | number | boolean;

/** What a column has to be besides one value. Texts are in the order of their bytes. */
type Comparison<V extends Plain> = { readonly oneOf: readonly V[] } | { readonly above: V } | { readonly atMost: V };

/** What one column has to be: a value, null for none, a comparison, or anything but a value or none. */
export type Condition<V> =
  | null
  | { readonly not: null }
  | ([NonNullable<V>] extends [Plain] ? V | Comparison<NonNullable<V>> | { readonly not: NonNullable<V> } : never);

/** What a row has to be, all of it: data, which every implementation reads. */
export type Where<R> = { readonly [C in keyof R]?: Condition<R[C]> };

/** The value that another column has in the same row. */
export class ColumnValue<C extends string = string> {
  constructor(readonly column: C) {}
}

/** What columns become. */
export type Change<R> = { readonly [C in keyof R]?: R[C] | ColumnValue<keyof R & string> };

/** Which rows, and in which order: the first column comes first. None come last, and first where the order is downwards. */
export interface Range<R> {
  order?: { readonly [C in keyof R]?: 'asc' | 'desc' };
  limit?: number;
}

/** A question that is no matter of one table: in SQL, and in memory by a model that stands for it. */
export interface Query<P, R> {
  readonly name: string;
  readonly sql: string;
  /** What `$1`, `$2` … are. */
  readonly bind: (parameters: P) => readonly unknown[];
  /** The table whose whole rows the answer is: they come as `get` gives them. Default: as node-postgres does, a bigint as text. */
  readonly of?: RowClass<R>;
  /** Never there: of which rows the answer is. */
  readonly rows?: R;
}

/** A change that is no matter of one condition, likewise. */
export type Statement<P> = Omit<Query<P, never>, 'of' | 'rows'>;

/**
 * The rows of a fold, whatever they lie in. A table is said by the class of its rows. Rows are values: whoever has got one and changes it has changed
 * nothing here. What PostgreSQL cannot store of a text is U+FFFD (`storable`). Statements of one transaction are done in the order in
 * which they are asked for, so they need not be waited for (`pipelined`).
 */
export interface Rows {
  /** The rows of these keys, as many as there are, in any order. @param keys all columns of the key, and what else they may say */
  get<R extends object>(table: RowClass<R>, keys: readonly Partial<R>[]): Promise<R[]>;
  /** Stores whole rows, each of another key; where there is a position, a row that is there stays if it is as far or further. */
  put<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void>;
  /** Stores whole rows; those whose key is there are passed over. */
  add<R extends object>(table: RowClass<R>, rows: readonly R[]): Promise<void>;
  change<R extends object>(table: RowClass<R>, where: Where<R>, change: Change<R>): Promise<void>;
  /** Brings one number of each of these rows up to a value, never down; each row once, and those that are not there are passed over. */
  raise<R extends object>(table: RowClass<R>, column: keyof R & string, to: readonly Partial<R>[]): Promise<void>;
  remove<R extends object>(table: RowClass<R>, where: Where<R>): Promise<void>;
  range<R extends object>(table: RowClass<R>, where: Where<R>, range?: Range<R>): Promise<R[]>;
  count<R extends object>(table: RowClass<R>, where: Where<R>): Promise<number>;
  exists<R extends object>(table: RowClass<R>, where: Where<R>): Promise<boolean>;
  select<P, R extends object>(query: Query<P, R>, parameters: P): Promise<R[]>;
  run<P>(statement: Statement<P>, parameters: P): Promise<void>;
}

/** The rows of one moment. */
export interface MomentRows extends Rows {
  /**
   * What `select` gives, at most so many rows at a time, the last page shorter than the others or empty. The server works the answer out once and keeps its place, so that
   * the memory needed here does not grow with it. One such reading of a query at a time.
   */
  pages<P, R extends object>(query: Query<P, R>, parameters: P, size: number): AsyncIterable<R[]>;
}

/** One condition, in a form of which there is one for each meaning. */
export type Test =
  | { is: 'null' | 'there' }
  | { is: 'equal' | 'other' | 'above' | 'at-most'; value: Plain }
  | { is: 'one-of'; values: readonly Plain[] };

/**
 * The conditions of a `Where`, by column.
 * @throws TypeError when one is undefined: it would mean that every row is meant
 */
export function testsOf<R extends object>(where: Where<R>): [column: string, test: Test][] {
  return Object.entries<unknown>(where).map(([column, condition]) => [column, testOf(column, condition)]);
}

function testOf(column: string, condition: unknown): Test {
  if (condition === null) return { is: 'null' };
  if (isPlain(condition)) return { is: 'equal', value: condition };
  if (typeof condition !== 'object') throw new TypeError(`what ${column} has to be is not said`);
  const said = condition as { oneOf?: readonly Plain[]; above?: Plain; atMost?: Plain; not?: Plain | null };
  if (said.oneOf) return { is: 'one-of', values: said.oneOf };
  if (said.not === null) return { is: 'there' };
  if (said.not !== undefined) return { is: 'other', value: said.not };
  if (said.above !== undefined) return { is: 'above', value: said.above };
  if (said.atMost !== undefined) return { is: 'at-most', value: said.atMost };
  throw new TypeError(`what ${column} has to be is not known`);
}

function isPlain(value: unknown): value is Plain {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
