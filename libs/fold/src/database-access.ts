import { readFile } from 'node:fs/promises';

/** What TypeORM is given of how to reach the server. */
export interface DatabaseAccess {
  url: string;
  ssl?: { ca: string; rejectUnauthorized: true; host: string };
}

/** Parameters of a URL that node-postgres would take over what is said beside it. */
const TLS_PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

/**
 * With an authority: `verify-full` of libpq, i.e. its certificates only and the name of the URL (PostgreSQL, section 32.19).
 * Without one the URL says, by `sslmode`, what is wanted.
 * @throws Error of one line when the URL forbids TLS, or the file cannot be read
 */
export async function accessOf(url: string, caFile: string | undefined): Promise<DatabaseAccess> {
  if (caFile === undefined) return { url };
  const plain = new URL(url);
  if (plain.searchParams.get('sslmode') === 'disable') {
    throw new Error('DATABASE_CA_FILE asks for TLS, and sslmode=disable in DATABASE_URL forbids it');
  }
  const ca = await readFile(caFile, 'utf8').catch((cause: unknown) => {
    throw new Error(`DATABASE_CA_FILE cannot be read: ${String(cause)}`, { cause });
  });
  for (const name of TLS_PARAMETERS) plain.searchParams.delete(name);
  // Said, since Node would else check the certificate of an address against the name localhost.
  const host = plain.hostname.replace(/^\[|\]$/g, '');
  return { url: plain.href, ssl: { ca, rejectUnauthorized: true, host } };
}
