import pg from 'pg';

/** Runs a statement, or several, on a database of a spec. @returns the rows of the last one */
export async function runSql(database_url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  try {
    // Of several statements there are several results, which the types do not say.
    const results = [await client.query<Record<string, unknown>>(text)].flat();
    return results.at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** The schemas in which a service's rows are, of whatever version, with the one that is built beside them. @param home its own schema */
async function schemasWithRows(database_url: string, home: string): Promise<string[]> {
  const found = await runSql(
    database_url,
    `SELECT nspname FROM pg_namespace WHERE nspname ~ '^${home}_[0-9]+(_next)?$' ORDER BY length(nspname), nspname`,
  );
  return found.map(({ nspname }) => String(nspname));
}

/**
 * Runs a statement where the rows of a service are, as somebody does who keeps PostgreSQL from telling the fold. Tables need no schema.
 * @param home the service's own schema: `projection`
 */
export async function runSqlOnRows(
  database_url: string,
  home: string,
  text: string,
): Promise<Record<string, unknown>[]> {
  const [schema] = await schemasWithRows(database_url, home);
  if (schema === undefined) throw new Error(`${home} has no rows`);
  return runSql(database_url, `SET search_path TO "${schema}"; SET edgeflow.folding TO 'on'; ${text}`);
}

/** PostgreSQL ends one of two transactions that wait for each other (SQLSTATE). */
const DEADLOCK = '40P01';

/** Drops all that a service has in PostgreSQL, also while it runs. @param home the service's own schema */
export async function dropRows(database_url: string, home: string): Promise<void> {
  try {
    const schemas = [home, ...(await schemasWithRows(database_url, home))];
    await runSql(database_url, `DROP SCHEMA IF EXISTS ${schemas.map((schema) => `"${schema}"`).join(', ')} CASCADE`);
  } catch (error) {
    if ((error as { code?: unknown }).code !== DEADLOCK) throw error;
    await dropRows(database_url, home);
  }
}
