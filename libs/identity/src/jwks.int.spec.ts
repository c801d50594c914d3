import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '@edgeflow/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jwksFrom } from './jwks.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';

let folder: string;
let file: string;
let first: TokenIssuer;
let second: TokenIssuer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edgeflow-jwks-'));
  file = join(folder, 'jwks.json');
  [first, second] = await Promise.all([TokenIssuer.create(), TokenIssuer.create()]);
  await writeFile(file, JSON.stringify(first.jwks()));
});

afterEach(() => rm(folder, { recursive: true }));

const tokenOf = (issuer: TokenIssuer): Promise<string> =>
  issuer.issue({ org: 'acme', role: 'viewer', subject: 'ann' }, 60);

describe('keys in a file', () => {
  it('are read again for an unknown key', async () => {
    const verifier = new TokenVerifier(jwksFrom(pathToFileURL(file).href, systemClock));
    await verifier.verify(await tokenOf(first));
    await expect(verifier.verify(await tokenOf(second))).rejects.toMatchObject({ code: 'unauthorized' });
    await writeFile(file, JSON.stringify({ keys: [...first.jwks().keys, ...second.jwks().keys] }));
    expect(await verifier.verify(await tokenOf(second))).toMatchObject({ org: 'acme' });
    expect(await verifier.verify(await tokenOf(first))).toMatchObject({ org: 'acme' });
  });

  it('are not trusted any more once they are gone from it', async () => {
    const verifier = new TokenVerifier(jwksFrom(pathToFileURL(file).href, systemClock));
    await verifier.verify(await tokenOf(first));
    await writeFile(file, JSON.stringify(second.jwks()));
    await expect
      .poll(async () => verifier.verify(await tokenOf(first)).catch((error: { code: string }) => error.code), {
        timeout: 10_000,
      })
      .toBe('unauthorized');
  });

  it('that cannot be read make no token bad', async () => {
    const token = await tokenOf(first);
    const missing = new TokenVerifier(jwksFrom(pathToFileURL(join(folder, 'no.json')).href, systemClock));
    await expect(missing.verify(token)).rejects.toMatchObject({ code: 'service-unavailable' });
    await writeFile(file, '{"keys": [');
    const cut = new TokenVerifier(jwksFrom(pathToFileURL(file).href, systemClock));
    await expect(cut.verify(token)).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});

describe('keys at a URL', () => {
  it('are fetched when they are needed; a server that is away makes no token bad', async () => {
    const server = createServer((_request, response) => response.end(JSON.stringify(first.jwks())));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    expect(await new TokenVerifier(jwksFrom(url, systemClock)).verify(await tokenOf(first))).toMatchObject({
      org: 'acme',
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(new TokenVerifier(jwksFrom(url, systemClock)).verify(await tokenOf(first))).rejects.toMatchObject({
      code: 'service-unavailable',
    });
  });

  it('must be of a known kind', () => {
    for (const url of ['ftp://keys', 'http://keys.example'])
      expect(() => jwksFrom(url, systemClock)).toThrow('must be file://');
  });
});
