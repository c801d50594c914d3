import { systemClock } from '@edgeflow/runtime';
import { startTestPostgres } from '@edgeflow/testkit';
import { openDatabase } from './database.js';
import { MemoryFoldDatabase } from './memory/memory-fold-database.js';
import type { Model } from './memory/memory-models.js';
import { MemoryServer } from './memory/memory-server.js';
import type { PostgresFoldDatabase } from './postgres-fold-database.js';
import type { RowClass } from './rows.js';
import { createRows } from './tables.js';

/** The same empty tables twice, for specs that ask both the same: in PostgreSQL, and in memory. */
export interface RealAndModel {
  real: PostgresFoldDatabase;
  model: MemoryFoldDatabase;
  stop(): Promise<void>;
}

/** @param models what stands for the SQL of named queries and statements */
export async function startRealAndModel(
  entities: readonly RowClass<object>[],
  models: readonly Model[],
): Promise<RealAndModel> {
  const postgres = await startTestPostgres();
  const real = await openDatabase(postgres.url, { schema: 'spec', entities: [...entities] });
  await createRows(real);
  const clock = systemClock;
  const server = new MemoryServer({ clock, models: [...models] });
  const model = new MemoryFoldDatabase(server, {
    name: 'spec',
    clock,
    faults: {},
    schema: 'spec',
    entities: [...entities],
  });
  await model.open();
  await model.createRows();
  const stop = async (): Promise<void> => {
    await real.close();
    await postgres.stop();
  };
  return { real, model, stop };
}
