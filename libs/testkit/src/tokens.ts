import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Role } from '@edgeflow/contracts';
import { TokenIssuer } from '@edgeflow/identity';
import { temporaryFolder } from './temporary-folder.js';

const HOUR_S = 3600;

/** An issuer of its own and what a service needs to trust it. */
export interface TestTokens {
  /** For AUTH_JWKS_URL. */
  jwks_url: string;
  /** A bearer token, an hour long. */
  token(org: string, role: Role, ttl_s?: number): Promise<string>;
  /** A claim token, with which devices of the org register themselves. */
  claim(org: string): Promise<string>;
  stop(): Promise<void>;
}

/** A fresh issuer; its public key is in a file. */
export async function startTestTokens(): Promise<TestTokens> {
  const issuer = await TokenIssuer.create();
  const folder = await temporaryFolder('tokens');
  const file = join(folder.path, 'jwks.json');
  await writeFile(file, JSON.stringify(issuer.jwks()));
  return {
    jwks_url: pathToFileURL(file).href,
    token: (org, role, ttl_s = HOUR_S) => issuer.issue({ org, role, subject: `${role}@${org}` }, ttl_s),
    claim: (org) => issuer.issueClaim(org, HOUR_S),
    stop: () => folder.remove(),
  };
}
