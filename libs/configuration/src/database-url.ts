import { certificatesFault, keyFault } from './certificates.js';
import { isDecodable, urlFault } from './urls.js';

const LIKE = 'postgres://user@host:5432/database';
const RULES = { protocols: ['postgres:', 'postgresql:'], like: LIKE, credentials: true, path: true, query: true };
const ENCODE = `must be a URL like ${LIKE}, with what is special percent-encoded, or the password in DATABASE_PASSWORD`;

/** Parameters that name files, which node-postgres reads when it connects. */
const FILES = ['sslrootcert', 'sslcert', 'sslkey'];

/**
 * Why DATABASE_URL names no database of PostgreSQL; undefined when it does. A password that is not encoded may end the host early
 * (`postgres://edge:12/3@db/edge` names the host `edge`), so what is left of it in the wrong place is a fault too.
 */
export function databaseUrlFault(text: string): string | undefined {
  const fault = urlFault(text, RULES);
  if (fault !== undefined) return fault;
  const { pathname, searchParams } = new URL(text);
  if (!/^(\/[^/@:]*)?$/.test(pathname) || !isDecodable(pathname)) return ENCODE;
  if (![...searchParams.keys()].every((name) => /^[a-z_]+$/i.test(name))) return ENCODE;
  return FILES.map((name) => fileFault(name, searchParams.get(name))).find((one) => one !== undefined);
}

function fileFault(name: string, path: string | null): string | undefined {
  if (path === null) return undefined;
  const fault = name === 'sslkey' ? keyFault(path) : certificatesFault(path);
  return fault === undefined ? undefined : `its ${name} is wrong: ${fault}`;
}

/** Why DATABASE_PASSWORD does not go with this DATABASE_URL; undefined when it does. */
export function databasePasswordFault(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { password, searchParams } = new URL(text);
  const isThere = password !== '' || searchParams.has('password');
  return isThere ? 'DATABASE_URL has a password too: leave one of them out' : undefined;
}

/** The URL with a password of any characters in it. */
export function withPassword(text: string, password: string): string {
  const url = new URL(text);
  url.password = encodeURIComponent(password);
  return url.href;
}
