import { join } from 'node:path';
import { secondsIn } from '@edgeflow/configuration';
import { ROLES, type Role } from '@edgeflow/contracts';
import { readIfThere } from '@edgeflow/embedded';
import { TokenIssuer, isRole } from '@edgeflow/identity';
import { ORGS } from './home/credentials.js';
import { readSettings } from './settings.js';
import { inboxOrganizations } from './stream-settings.js';

/** What `token` is told on its command line. */
export interface TokenOptions {
  org: string;
  role: readonly string[];
  subject?: string;
  /** A number and its unit: `15m`, `1h`, `7d`. */
  ttl: string;
}

const TTL_MAX_S = 30 * 86_400;

interface TokenRequest {
  who: { org: string; role: readonly Role[]; subject: string };
  ttl_s: number;
}

/** The options, checked and completed. @param orgs that there are. @throws Error of one line that names what is wrong */
export function readTokenOptions(
  { org, role: names, subject, ttl }: TokenOptions,
  orgs: readonly string[],
): TokenRequest {
  if (!orgs.includes(org)) throw new Error(`--org must be one of ${orgs.join(', ')}, or of INBOX_ORGS`);
  const roles = [...new Set(names)];
  if (!roles.every(isRole)) throw new Error(`--role must be one of ${ROLES.join(', ')}`);
  if (subject === '') throw new Error('--subject must not be empty');
  const ttl_s = secondsIn(ttl);
  if (ttl_s === 0 || ttl_s > TTL_MAX_S)
    throw new Error('--ttl must be a number of seconds, minutes, hours or days, 30d at most: 15m, 1h, 7d');
  return { who: { org, role: roles, subject: subject ?? `${roles.join('+')}@${org}` }, ttl_s };
}

/**
 * `token`: a bearer token of this home's issuer, on stdout and nothing else there. The home may be in use: it is only read.
 * @throws Error of one line
 */
export async function token(options: TokenOptions): Promise<void> {
  const { who, ttl_s } = readTokenOptions(options, [...new Set([...ORGS, ...inboxOrganizations(process.env)])]);
  const { home } = readSettings(process.env);
  const path = join(home, 'keys', 'issuer.jwk');
  const jwk = await readIfThere(path);
  if (!jwk) throw new Error(`${home} has no issuer yet: run npm start once, or set EDGEFLOW_HOME`);
  const issuer = await issuerIn(path, jwk);
  process.stdout.write(`${await issuer.issue(who, ttl_s)}\n`);
}

async function issuerIn(path: string, text: string): Promise<TokenIssuer> {
  try {
    return await TokenIssuer.load(JSON.parse(text) as object);
  } catch (cause) {
    throw new Error(`${path} is damaged: restore it from a backup, or run npm start, which makes a new one`, { cause });
  }
}
