import type { Query, RowClass, Statement } from '../rows.js';

/** Tables as a model sees them, in its transaction. */
export interface ModelTables {
  all<R extends object>(table: RowClass<R>): Promise<readonly R[]>;
}

/** Tables that a model of a statement changes. */
export interface WritableTables extends ModelTables {
  /** Stores a whole row in the place of the one of its key. */
  put<R extends object>(table: RowClass<R>, row: R): void;
}

/** What a named query or statement is in memory. */
export interface Model {
  name: string;
  work: (tables: WritableTables, parameters: never) => Promise<readonly object[]>;
}

/** @param answer the rows that its SQL would give */
export function modelOfQuery<P, R extends object>(
  { name }: Query<P, R>,
  answer: (tables: ModelTables, parameters: P) => Promise<readonly R[]>,
): Model {
  return { name, work: answer };
}

/** @param change does what its SQL does */
export function modelOfStatement<P>(
  { name }: Statement<P>,
  change: (tables: WritableTables, parameters: P) => Promise<void>,
): Model {
  return {
    name,
    work: async (tables, parameters: P) => {
      await change(tables, parameters);
      return [];
    },
  };
}
