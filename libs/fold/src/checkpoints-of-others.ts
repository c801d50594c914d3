import type { FoldCheckpoint } from './checkpoint.js';
import type { RowsSource } from './rows-source.js';
import { anyVersionOf } from './schemas.js';

/** The checkpoints of a fold in the rows of other versions, those apart that are to be made anew. */
export async function checkpointsOfOthers(database: RowsSource, fold: string): Promise<FoldCheckpoint[]> {
  const checkpoints: FoldCheckpoint[] = [];
  for (const schema of await othersOf(database)) {
    const found = (await database.query(
      `SELECT stream_created, position::float8, event_id, lasting_position::float8, lasting_id, alarm
       FROM "${schema}".fold_checkpoint WHERE name = $1 AND rebuild IS NULL`,
      [fold],
    )) as FoldCheckpoint[];
    checkpoints.push(...found);
  }
  return checkpoints;
}

async function othersOf(database: RowsSource): Promise<string[]> {
  const { home, live } = database.schemas;
  const found = (await database.query(
    `SELECT nspname AS name FROM pg_namespace
     WHERE nspname ~ $1 AND nspname <> $2 AND to_regclass(format('%I.fold_checkpoint', nspname)) IS NOT NULL`,
    [anyVersionOf(home), live],
  )) as { name: string }[];
  return found.map(({ name }) => name);
}
