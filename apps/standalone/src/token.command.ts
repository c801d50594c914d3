import { join } from 'node:path';
import { ROLES, isToken, type Role } from '@edgeflow/contracts';
import { TokenIssuer, isRole } from '@edgeflow/identity';
import { readIfThere } from './home/home.js';
import { readSettings } from './settings.js';

/** What `token` is told on its command line. */
export interface TokenOptions {
  org: string;
  role: readonly string[];
  subject?: string;
  /** A number and its unit: `15m`, `1h`, `7d`. */
  ttl: string;
}

const UNITS_S = { s: 1, m: 60, h: 3_600, d: 86_400 };
const TTL_MAX_S = 30 * UNITS_S.d;

interface TokenWish {
  who: { org: string; role: readonly Role[]; subject: string };
  ttl_s: number;
}

/** The options, checked and completed. @throws Error of one line that names what is wrong */
export function readTokenOptions({ org, role: names, subject, ttl }: TokenOptions): TokenWish {
  if (!isToken(org)) throw new Error('--org must match [A-Za-z0-9_-]{1,64}');
  const roles = [...new Set(names)];
  if (!roles.every(isRole)) throw new Error(`--role must be one of ${ROLES.join(', ')}`);
  if (subject === '') throw new Error('--subject must not be empty');
  return { who: { org, role: roles, subject: subject ?? `${roles.join('+')}@${org}` }, ttl_s: secondsIn(ttl) };
}

function secondsIn(ttl: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(ttl) ?? [];
  const seconds = Number(count) * UNITS_S[unit as keyof typeof UNITS_S];
  if (seconds > 0 && seconds <= TTL_MAX_S) return seconds;
  throw new Error('--ttl must be a number of seconds, minutes, hours or days, 30d at most: 15m, 1h, 7d');
}

/**
 * `token`: a bearer token of this home's issuer, on stdout and nothing else there. The home may be in use: it is only read.
 * @throws Error of one line
 */
export async function token(options: TokenOptions): Promise<void> {
  const { who, ttl_s } = readTokenOptions(options);
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
