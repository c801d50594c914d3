import { isTlsCode } from '@edgeflow/configuration';
import type { DatabasePlace } from './database-access.js';

/** PostgreSQL is there and does not let us in, or is not to be trusted: in its own words, with the variables to look at. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

/** What to look at, by SQLSTATE: a wrong password, no right to log in, no such database, no right to make the schema. */
const BY_STATE: ReadonlyMap<unknown, string> = new Map([
  ['28P01', 'DATABASE_URL, DATABASE_PASSWORD'],
  ['28000', 'DATABASE_URL, DATABASE_PASSWORD, and pg_hba.conf of the server'],
  ['3D000', 'DATABASE_URL'],
  ['42501', 'DATABASE_URL: its user needs the right to create a schema'],
]);

/** node-postgres, of a server without TLS. */
const NO_TLS = /server does not support SSL/;
/** node-postgres, when the server asks for a password and there is none. */
const NO_PASSWORD = /client password must be a/;

/** The error as one that says what to look at, where the server refused us; any other error as it is. */
export function asRefused(error: unknown, { url }: Pick<DatabasePlace, 'url'>): unknown {
  if (!(error instanceof Error)) return error;
  const hint = hintFor(error);
  if (hint === undefined) return error;
  const { host } = new URL(url);
  return new DatabaseRefused(`PostgreSQL at ${host}: ${error.message} (look at ${hint})`, { cause: error });
}

function hintFor(error: Error): string | undefined {
  const { code } = error as { code?: unknown };
  if (isTlsCode(code) || NO_TLS.test(error.message)) return 'DATABASE_CA_FILE, and sslmode in DATABASE_URL';
  if (NO_PASSWORD.test(error.message)) return 'DATABASE_PASSWORD';
  return BY_STATE.get(code);
}
