import { askForRebuild, type AskedRebuild } from '@edgeflow/fold';
import { endpointsIn } from './endpoints.js';

/** Services whose rows are made of the log, by the schema that is theirs. */
export const FOLDING = ['orchestrator', 'projection'] as const;

/** The options of `rebuild`, as commander hands them over. */
export interface RebuildOptions {
  /** One service; default both. */
  of?: (typeof FOLDING)[number];
  database?: string;
}

/**
 * Has the rows made anew from the log as it is: the single step that ends the alarms of a fold.
 * @returns a line for each fold @throws Error of one line when nobody says where the database is, or it cannot be written
 */
export async function rebuild({ of, database }: RebuildOptions, env: NodeJS.ProcessEnv): Promise<string[]> {
  const url = database ?? env.DATABASE_URL ?? (await endpointsIn(env))?.database_url;
  if (url === undefined) throw new Error('nobody says where the database is: give --database, or start standalone');
  const place = { url, ...placeIn(env) };
  const asked = await Promise.all((of ? [of] : FOLDING).map((schema) => askForRebuild(place, schema)));
  return asked.flat().map(sentence);
}

function placeIn({ DATABASE_PASSWORD, DATABASE_CA_FILE }: NodeJS.ProcessEnv): { password?: string; ca_file?: string } {
  return {
    ...(DATABASE_PASSWORD && { password: DATABASE_PASSWORD }),
    ...(DATABASE_CA_FILE && { ca_file: DATABASE_CA_FILE }),
  };
}

function sentence({ fold, position, alarm }: AskedRebuild): string {
  const was = alarm ? `its alarm ${alarm} ends` : `it had no alarm`;
  return `${fold}: the rows, made up to position ${position}, are made anew from the log; ${was}`;
}
