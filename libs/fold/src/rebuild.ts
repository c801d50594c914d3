import pg from 'pg';
import type { FoldAlarm } from './checkpoint.js';
import { isTableGone } from './database-errors.js';
import { accessOf, type DatabasePlace } from './database-access.js';
import { anyVersionOf } from './schemas.js';

/** What the rows of a fold were when their rebuild was asked for. */
export interface AskedRebuild {
  fold: string;
  position: number;
  alarm: FoldAlarm | null;
}

/** An event that a service has set aside, as a person looks at it. */
export interface DeadLetterLine {
  /** Stream sequence. */
  position: number;
  /** `ota.acme.update.dev_1.UpdateDispatched` */
  subject: string;
  /** Why: an error code, or `handler-failed`. */
  code: string;
  reason: string;
}

const ASKED = 'RETURNING name AS fold, position::float8, alarm';

/**
 * Has the rows of a service made anew from the log as it is. They are built beside those that are read, which go on until the others are
 * there. Rows that an alarm stands on are given up at once, which ends it: what they knew beyond the log is lost with them. What was
 * set aside is folded again with the rest. The service does it within seconds, without a restart.
 * @param home schema of the service: `orchestrator`, `projection`
 * @returns its folds; none when there are no rows yet
 */
export function askForRebuild(place: DatabasePlace, home: string): Promise<AskedRebuild[]> {
  return connected(place, home, async ({ all, current }, query) => {
    const asked: AskedRebuild[] = [];
    for (const live of all) {
      // What is being built was begun before this was asked.
      const built = await query<AskedRebuild>(`UPDATE "${live}_next".fold_checkpoint SET rebuild = 'wrong' ${ASKED}`);
      const read = await query<AskedRebuild>(
        `UPDATE "${live}".fold_checkpoint
         SET rebuild = CASE WHEN alarm IS NULL THEN coalesce(rebuild, 'asked') ELSE 'wrong' END ${ASKED}`,
      );
      if (live === current) asked.push(...(read.length > 0 ? read : built));
    }
    return asked;
  });
}

/** What the service has set aside and nobody has acknowledged, the oldest first. @param home schema of the service */
export function openDeadLettersOf(place: DatabasePlace, home: string): Promise<DeadLetterLine[]> {
  return connected(place, home, ({ current }, query) =>
    query(
      `SELECT position::float8, subject, code, reason FROM "${current}".set_aside AS aside
       WHERE acknowledged_at IS NULL ORDER BY aside.position`,
    ),
  );
}

/** True when the service has rows that may be read, and is to make no others. @param home schema of the service */
export function areRowsWhole(place: DatabasePlace, home: string): Promise<boolean> {
  return connected(place, home, async ({ current }, query) => {
    const folds = await query<{ whole: boolean }>(`SELECT rebuild IS NULL AS whole FROM "${current}".fold_checkpoint`);
    return folds.length > 0 && folds.every(({ whole }) => whole);
  });
}

/** The live schemas of a service. */
interface LiveSchemas {
  /** Of all versions that there are, be it that their rows are only being built: an alarm may stand on those, when others are gone. */
  all: string[];
  /** Of the version that was folded last; none of that name when none ever was. */
  current: string;
}

type Query = <R extends object>(statement: string) => Promise<R[]>;

/** Connects for some statements about the tables of a service; no rows when there are none. */
async function connected<T>(
  place: DatabasePlace,
  home: string,
  work: (schemas: LiveSchemas, query: Query) => Promise<T>,
): Promise<T> {
  const { url, ssl } = accessOf(place);
  const client = new pg.Client({ connectionString: url, ...(ssl && { ssl }), connectionTimeoutMillis: 5_000 });
  await client.connect();
  const query: Query = async <R extends object>(statement: string) => {
    try {
      return (await client.query<R>(statement)).rows;
    } catch (error) {
      if (isTableGone(error)) return [];
      throw error;
    }
  };
  try {
    const versions = client.escapeLiteral(anyVersionOf(home));
    const all = await query<{ name: string }>(
      `SELECT DISTINCT name FROM pg_namespace, regexp_replace(nspname, '_next$', '') AS name WHERE name ~ ${versions}`,
    );
    const led = await query<{ name: string }>(
      `SELECT name FROM ${client.escapeIdentifier(home)}.fold_lease WHERE name ~ ${versions} ORDER BY expires_at DESC LIMIT 1`,
    );
    return await work({ all: all.map(({ name }) => name), current: led[0]?.name ?? home }, query);
  } finally {
    await client.end();
  }
}
