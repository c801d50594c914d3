import pg from 'pg';
import type { FoldAlarm } from './checkpoint.js';
import { isTableGone } from './database-errors.js';
import { accessOf, type DatabasePlace } from './database-access.js';

/** What the rows of a fold were when their rebuild was asked for. */
export interface AskedRebuild {
  fold: string;
  position: number;
  alarm: FoldAlarm | null;
}

/**
 * Has the rows of a service made anew from the log as it is, which ends an alarm of its fold: what the rows knew beyond the log is lost with them.
 * The service does it within seconds, without a restart.
 * @param schema of the service: `orchestrator`, `projection`
 * @returns its folds; none when there are no rows yet
 */
export async function askForRebuild(place: DatabasePlace, schema: string): Promise<AskedRebuild[]> {
  const { url, ssl } = accessOf(place);
  const client = new pg.Client({ connectionString: url, ...(ssl && { ssl }), connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const table = `${client.escapeIdentifier(schema)}.fold_checkpoint`;
    const asked = `UPDATE ${table} SET rebuild = true RETURNING name AS fold, position::float8, alarm`;
    return (await client.query<AskedRebuild>(asked)).rows;
  } catch (error) {
    if (isTableGone(error)) return [];
    throw error;
  } finally {
    await client.end();
  }
}
