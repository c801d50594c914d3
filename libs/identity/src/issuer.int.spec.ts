import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@edgeflow/runtime';
import { metrics } from '@edgeflow/telemetry';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jwksFrom, jwksOfIssuer } from './jwks.js';
import type { RemoteKeysPace } from './remote-keys.js';
import { TokenVerifier } from './token-verifier.js';

/** An OpenID provider as far as its keys go: discovery and a JWK set, on a port that stays while it is away. */
class Provider {
  keys: JWK[] = [];
  /** What it answers instead of its discovery document. */
  document: object | undefined;
  fetched = 0;
  private server: Server | undefined;
  private port = 0;
  private readonly private = new Map<string, { key: CryptoKey; alg: string }>();

  get issuer(): string {
    return `http://127.0.0.1:${this.port}/realms/acme`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const found = this.answerTo(request.url ?? '');
      response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(found ?? {}));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve(undefined)));
    this.server = undefined;
  }

  /** Signs with a new key from now on; publishes it unless told not to. */
  async rotate(kid: string, alg = 'RS256', keep: JWK[] = []): Promise<void> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    this.private.set(kid, { key: privateKey, alg });
    this.keys = [...keep, { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }];
  }

  token(kid: string, claims: Record<string, unknown> = {}): Promise<string> {
    const { key, alg } = this.private.get(kid)!;
    const usual = { iss: this.issuer, aud: 'ota', sub: 'ann', org: 'acme', role: 'viewer' };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .setExpirationTime('5 minutes')
      .sign(key);
  }

  private answerTo(path: string): object | undefined {
    if (path === '/realms/acme/.well-known/openid-configuration') {
      return this.document ?? { issuer: this.issuer, jwks_uri: `${this.issuer}/certs` };
    }
    if (path !== '/realms/acme/certs') return undefined;
    this.fetched += 1;
    return { keys: this.keys };
  }
}

let provider: Provider;
const EAGER: RemoteKeysPace = { refresh_ms: 600_000, cooldown_ms: 0, retry_ms: 0, trust_ms: 86_400_000 };

beforeEach(async () => {
  provider = new Provider();
  await provider.rotate('k1');
  await provider.start();
});
afterEach(() => provider.stop());

function verifier(pace: Partial<RemoteKeysPace> = {}): TokenVerifier {
  const trust = { issuer: provider.issuer, audience: 'ota', org_claim: 'org', role_claim: 'role' };
  return new TokenVerifier(jwksOfIssuer(provider.issuer, systemClock, { ...EAGER, ...pace }), trust);
}

const codeOf = (verified: Promise<unknown>): Promise<string> =>
  verified.then(
    () => 'good',
    (error: { code: string }) => error.code,
  );

describe('an issuer', () => {
  it.each(['EdDSA', 'ES256', 'RS256', 'PS256'])('is found by discovery, with its %s key', async (alg) => {
    await provider.rotate('k2', alg);
    expect(await verifier().verify(await provider.token('k2'))).toMatchObject({ kind: 'member', org: 'acme' });
  });

  it('is asked once for many tokens', async () => {
    const one = verifier({ cooldown_ms: 60_000 });
    const tokens = await Promise.all([1, 2, 3].map(() => provider.token('k1')));
    await Promise.all(tokens.map((token) => one.verify(token)));
    await one.verify(await provider.token('k1'));
    expect(provider.fetched).toBe(1);
  });

  it('that rotates its keys is asked again for the new one', async () => {
    const one = verifier();
    await one.verify(await provider.token('k1'));
    await provider.rotate('k2', 'RS256', provider.keys);
    expect(await codeOf(one.verify(await provider.token('k2')))).toBe('good');
    expect(await codeOf(one.verify(await provider.token('k1')))).toBe('good');
  });

  it('is not asked at the pace of those who make keys up', async () => {
    const one = verifier({ cooldown_ms: 60_000 });
    await one.verify(await provider.token('k1'));
    const [published] = [provider.keys];
    await provider.rotate('made-up');
    provider.keys = published;
    for (let n = 0; n < 5; n++) expect(await codeOf(one.verify(await provider.token('made-up')))).toBe('unauthorized');
    expect(provider.fetched).toBe(1);
  });

  it('that takes a key back is believed at the next refresh', async () => {
    const one = verifier({ refresh_ms: 0 });
    const old = await provider.token('k1');
    await one.verify(old);
    await provider.rotate('k2');
    await expect.poll(() => codeOf(one.verify(old))).toBe('unauthorized');
  });

  it('that is away: the last good keys go on being used, unknown ones are nobody’s fault', async () => {
    const one = verifier({ refresh_ms: 0 });
    const token = await provider.token('k1');
    await one.verify(token);
    await provider.stop();
    for (let n = 0; n < 3; n++) expect(await codeOf(one.verify(token))).toBe('good');
    await provider.rotate('k2');
    const later = await provider.token('k2');
    expect(await codeOf(one.verify(later))).toBe('service-unavailable');
    expect(await metrics.metrics()).toMatch(/edgeflow_auth_key_fetch_failures_total [1-9]/);
    await provider.start();
    await expect.poll(() => codeOf(one.verify(later))).toBe('good');
  });

  it('that is away for too long is not trusted any more', async () => {
    const one = verifier({ trust_ms: 0 });
    const token = await provider.token('k1');
    expect(await codeOf(one.verify(token))).toBe('good');
    await provider.stop();
    expect(await codeOf(one.verify(token))).toBe('service-unavailable');
  });

  it('that was never there makes no token bad, and is found when it comes', async () => {
    const token = await provider.token('k1');
    await provider.stop();
    const one = verifier();
    expect(await codeOf(one.verify(token))).toBe('service-unavailable');
    await provider.start();
    expect(await codeOf(one.verify(token))).toBe('good');
  });

  it.each([
    ['of another issuer', { issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' }],
    ['with keys that anybody on the way could change', { jwks_uri: 'http://keys.example/certs' }],
    ['without keys', {}],
  ])('is not believed by a document %s', async (_name, document) => {
    provider.document = { issuer: provider.issuer, ...document };
    expect(await codeOf(verifier().verify(await provider.token('k1')))).toBe('service-unavailable');
  });

  it('whose token is for somebody else, from somebody else or of another kind is refused', async () => {
    const one = verifier();
    for (const claims of [{ aud: 'edgeflow' }, { iss: 'edgeflow' }, { iss: `${provider.issuer}/` }]) {
      expect(await codeOf(one.verify(await provider.token('k1', claims)))).toBe('unauthorized');
    }
  });
});

describe('a URL of keys', () => {
  it('must be safe from those on the way', () => {
    expect(() => jwksOfIssuer('http://idp.example', systemClock)).toThrow('AUTH_ISSUER must be https://');
    expect(() => jwksFrom('http://127.0.0.1.evil.example/', systemClock)).toThrow('AUTH_JWKS_URL must be');
  });
});
