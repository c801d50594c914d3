import pg from 'pg';

/** Runs a statement on a database, as somebody does who has its password. @returns the rows */
export async function runSql(database_url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: database_url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
