import { ROLES } from '@edgeflow/contracts';
import { readIfThere, replaceDurably } from '@edgeflow/embedded';
import { jwksOf, TokenIssuer, TokenVerifier } from '@edgeflow/identity';
import { systemClock, systemEntropy } from '@edgeflow/runtime';
import type { Home } from './home.js';

/** The organizations that a new installation knows. */
export const ORGS = ['acme', 'globex'] as const;

const DAY_S = 86_400;
const TOKEN_S = 30 * DAY_S;
/** A token with less than this left is replaced. */
const RENEW_S = 7 * DAY_S;

/** Who signs for this installation, with a key that no service is given. */
export async function openIssuer(home: Home): Promise<TokenIssuer> {
  const issuer = await home.keep('issuer.jwk', {
    read: (text) => TokenIssuer.load(JSON.parse(text) as object),
    make: () => TokenIssuer.create(),
    text: (made) => JSON.stringify(made.privateKey()),
    lost: 'tokens that were given out before are not good any more; those of the home are made anew too',
  });
  await replaceDurably(home.in('jwks.json'), JSON.stringify(issuer.jwks()));
  return issuer;
}

/** Writes every token file that is missing, not ours, or near its end; the others stay as they are. */
export async function refreshTokens(home: Home, issuer: TokenIssuer): Promise<void> {
  const verifier = new TokenVerifier(jwksOf(issuer.jwks()));
  for (const org of ORGS) {
    for (const role of ROLES) {
      await keepFresh(
        home.in('tokens', `${org}.${role}.token`),
        (token) => verifier.verify(token),
        () => issuer.issue({ org, role, subject: `${role}@${org}` }, TOKEN_S),
      );
    }
    await keepFresh(
      home.in('device-claims', `${org}.token`),
      (token) => verifier.verifyClaim(token),
      () => issuer.issueClaim(org, TOKEN_S),
    );
  }
}

async function keepFresh(
  path: string,
  verify: (token: string) => Promise<unknown>,
  issue: () => Promise<string>,
): Promise<void> {
  const kept = await readIfThere(path);
  const isValid = kept && expiresIn(kept) > RENEW_S && (await verify(kept).catch(() => undefined));
  if (!isValid) await replaceDurably(path, await issue());
}

/** Seconds until a JWT's end; 0 for what is no JWT. Whether it is genuine is for the verifier to say. */
function expiresIn(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: number };
    return (exp ?? 0) - systemClock.now().getTime() / 1000;
  } catch {
    return 0;
  }
}

export interface S3Keys {
  access_key_id: string;
  secret_access_key: string;
}

/** The credentials of the embedded S3 endpoint, made at the first start. */
export function s3Keys(home: Home): Promise<S3Keys> {
  return home.keep('s3.json', {
    read: s3KeysIn,
    make: () => ({
      access_key_id: `EDGEFLOW${systemEntropy.bytes(6, 's3-key').toString('hex').toUpperCase()}`,
      secret_access_key: systemEntropy.bytes(30, 's3-secret').toString('base64url'),
    }),
    text: (keys) => JSON.stringify(keys),
    lost: 'whoever else uses the embedded S3 endpoint needs the new keys',
  });
}

function s3KeysIn(text: string): S3Keys {
  const { access_key_id, secret_access_key } = JSON.parse(text) as Partial<S3Keys>;
  if (!access_key_id || !secret_access_key) throw new Error('no keys');
  return { access_key_id, secret_access_key };
}
