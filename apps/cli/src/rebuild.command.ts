import { askForRebuild, type AskedRebuild } from '@edgeflow/fold';
import { rowsOf, type RowsOptions } from './rows.js';

/**
 * Has the rows made anew from the log as it is: the single step that ends the alarms of a fold.
 * @returns a line for each fold @throws Error of one line when nobody says where the database is, or it cannot be written
 */
export async function rebuild(options: RowsOptions, env: NodeJS.ProcessEnv): Promise<string[]> {
  const { place, schemas } = await rowsOf(options, env);
  const asked = await Promise.all(schemas.map((schema) => askForRebuild(place, schema)));
  return asked.flat().map(sentence);
}

function sentence({ fold, position, alarm }: AskedRebuild): string {
  const was = alarm ? `its alarm ${alarm} ends` : `it had no alarm`;
  return `${fold}: the rows, made up to position ${position}, are made anew from the log; ${was}`;
}
