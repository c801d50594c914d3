import type { RowClass } from '../rows.js';
import { shapeOf } from '../table-shape.js';
import { typedRow, type StoredRow } from './column-values.js';
import type { Model } from './memory-models.js';
import { keyOf } from './memory-table.js';
import type { MemoryTransaction } from './memory-transaction.js';

/** Has a model answer, or change rows, in a transaction. */
export async function modelled<P>(tx: MemoryTransaction, model: Model, parameters: P): Promise<readonly object[]> {
  const changed: { table: string; row: StoredRow }[] = [];
  const answer = await model.work(
    {
      all: async <R extends object>(table: RowClass<R>) => tx.rows(await tx.table(shapeOf(table).name)) as R[],
      put: (table, row) => {
        const shape = shapeOf(table);
        changed.push({ table: shape.name, row: typedRow(shape, row) });
      },
    },
    parameters as never,
  );
  for (const { table, row } of changed) {
    const rows = await tx.table(table);
    await tx.mayWrite(table);
    const key = keyOf(rows.shape, row);
    await tx.lockedRow(rows, key);
    tx.write(rows, key, row);
  }
  return answer;
}
