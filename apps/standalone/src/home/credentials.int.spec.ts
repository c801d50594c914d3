import { readFile, stat, writeFile } from 'node:fs/promises';
import { jwksOf, TokenIssuer, TokenVerifier } from '@edgeflow/identity';
import { temporaryFolder, type TemporaryFolder } from '@edgeflow/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIssuer, refreshTokens } from './credentials.js';
import { Home } from './home.js';

let folder: TemporaryFolder;
let home: Home;
const tokenFile = (): string => home.in('tokens', 'acme.operator.token');
const read = (): Promise<string> => readFile(tokenFile(), 'utf8');

beforeEach(async () => {
  folder = await temporaryFolder('home');
  home = await Home.open(folder.path);
});
afterEach(() => folder.remove());

describe('the credentials of a home', () => {
  it('are good for their org and role, and their owner’s alone', async () => {
    const issuer = await openIssuer(home);
    await refreshTokens(home, issuer);
    const verifier = new TokenVerifier(jwksOf(issuer.jwks()));
    expect(await verifier.verify(await read())).toMatchObject({ org: 'acme', roles: ['operator'] });
    const claim = await readFile(home.in('device-claims', 'globex.token'), 'utf8');
    expect(await verifier.verifyClaim(claim)).toEqual({ org: 'globex' });
    for (const path of [tokenFile(), home.in('keys', 'issuer.jwk')])
      expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('stay the same over restarts', async () => {
    await refreshTokens(home, await openIssuer(home));
    const before = await read();
    await refreshTokens(home, await openIssuer(home));
    expect(await read()).toBe(before);
  });

  it('are renewed when they end soon, or are not of this installation', async () => {
    const issuer = await openIssuer(home);
    const who = { org: 'acme', role: 'operator', subject: 'x' } as const;
    const foreign = await (await TokenIssuer.create()).issue(who, 86_400 * 20);
    for (const bad of [await issuer.issue(who, 86_400), foreign, 'no token']) {
      await writeFile(tokenFile(), bad);
      await refreshTokens(home, issuer);
      expect(await read()).not.toBe(bad);
    }
  });
});

describe('a home in use', () => {
  it('refuses a second start and says by whom it is used', async () => {
    await expect(Home.open(folder.path)).rejects.toThrow(`is in use by process ${process.pid}`);
    home.release();
    (await Home.open(folder.path)).release();
  });
});
