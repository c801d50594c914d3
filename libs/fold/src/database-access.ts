import {
  ConfigError,
  authorityIn,
  databasePasswordFault,
  databaseUrlFault,
  withPassword,
} from '@edgeflow/configuration';

/** What TypeORM is given of how to reach the server. */
export interface DatabaseAccess {
  url: string;
  ssl?: { ca: string; rejectUnauthorized: true; host: string };
}

/** How the database is reached. */
export interface DatabasePlace {
  /** `postgres://user@host:5432/database` */
  url: string;
  /** Of any characters, where the URL has none. */
  password?: string;
  /** The authority of the server's certificate, a file: TLS with the server's name verified. Default: as the URL's `sslmode` says. */
  ca_file?: string;
}

/** Parameters of a URL that node-postgres would take over what is said beside it. */
const TLS_PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'uselibpqcompat'];

/**
 * With an authority: `verify-full` of libpq, i.e. its certificates only and the name of the URL (PostgreSQL, section 32.19).
 * Without one the URL says, by `sslmode`, what is wanted.
 * @throws ConfigError when the URL is none, has another password, or forbids TLS, or when the file holds no certificates
 */
export function accessOf({ url, password, ca_file }: DatabasePlace): DatabaseAccess {
  const fault = databaseUrlFault(url);
  if (fault !== undefined) throw new ConfigError([`DATABASE_URL is wrong: ${fault}`]);
  const twice = password === undefined ? undefined : databasePasswordFault(url);
  if (twice !== undefined) throw new ConfigError([`DATABASE_PASSWORD is wrong: ${twice}`]);
  const whole = password === undefined ? url : withPassword(url, password);
  return ca_file === undefined ? { url: whole } : verified(whole, ca_file);
}

function verified(url: string, ca_file: string): DatabaseAccess {
  const plain = new URL(url);
  if (plain.searchParams.get('sslmode') === 'disable') {
    throw new ConfigError(['DATABASE_URL is wrong: its sslmode=disable forbids TLS, which DATABASE_CA_FILE asks for']);
  }
  const ca = authorityIn('DATABASE_CA_FILE', ca_file);
  for (const name of TLS_PARAMETERS) plain.searchParams.delete(name);
  // Said, since Node would else check the certificate of an address against the name localhost.
  const host = plain.hostname.replace(/^\[|\]$/g, '');
  return { url: plain.href, ssl: { ca, rejectUnauthorized: true, host } };
}
