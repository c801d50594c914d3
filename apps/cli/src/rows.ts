import { endpointsIn } from './endpoints.js';

/** Services whose rows are made of the log, by the schema that is theirs. */
export const FOLDING = ['orchestrator', 'projection'] as const;

/** Which rows a command is about, as commander hands its options over. */
export interface RowsOptions {
  /** One service; default both. */
  of?: (typeof FOLDING)[number];
  database?: string;
}

/** The rows that a command is about. */
export interface Rows {
  place: { url: string; password?: string; ca_file?: string };
  schemas: readonly string[];
}

/** @throws Error of one line when nobody says where the database is */
export async function rowsOf({ of, database }: RowsOptions, env: NodeJS.ProcessEnv): Promise<Rows> {
  const { DATABASE_URL, DATABASE_PASSWORD, DATABASE_CA_FILE } = env;
  const url = database ?? DATABASE_URL ?? (await endpointsIn(env))?.database_url;
  if (url === undefined) throw new Error('nobody says where the database is: give --database, or start standalone');
  return {
    place: {
      url,
      ...(DATABASE_PASSWORD && { password: DATABASE_PASSWORD }),
      ...(DATABASE_CA_FILE && { ca_file: DATABASE_CA_FILE }),
    },
    schemas: of ? [of] : FOLDING,
  };
}
