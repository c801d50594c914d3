import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { deviceKeys, deviceToken } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';
import {
  attackersKeys,
  ed25519,
  forge,
  hmac,
  issuerKeyOf,
  rightClaims,
  sha256With,
  unsigned,
  type IssuerKey,
} from './forged-tokens.js';
import { rawHttp } from './raw-http.js';

/** One route of each service, which only needs a credential. */
const ROUTES = [
  ['GET', '/registry/v1/keys'],
  ['POST', '/orchestrator/v1/updates'],
  ['POST', '/gateway/v1/claims'],
  ['GET', '/query/v1/devices'],
] as const;

let standalone: StandaloneUnderTest;
let issuer: IssuerKey;
/** Every token that was refused: none of them may stand in a log. */
const refused: string[] = [];
const thief = attackersKeys();
const now = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start({ AUTH_FAILURES_PER_MINUTE: '5000' });
  issuer = await issuerKeyOf(standalone.home);
});
afterAll(() => standalone.dispose());

/** What every service says to a credential. */
async function statusesOf(authorization: string): Promise<number[]> {
  const { http_origin } = standalone.endpoints;
  return Promise.all(
    ROUTES.map(async ([method, path]) => {
      const body = method === 'POST' ? { headers: { 'content-type': 'application/json' }, body: '{}' } : {};
      const headers = { ...body.headers, authorization };
      const { status } = await fetch(new URL(path, http_origin), { ...body, method, headers });
      return status;
    }),
  );
}

const EVERYWHERE_401 = ROUTES.map(() => 401);

async function expectRefused(token: string): Promise<void> {
  refused.push(token);
  expect(await statusesOf(`Bearer ${token}`)).toEqual(EVERYWHERE_401);
}

/** A token that the installation's own issuer signed, with this header and these claims. */
const issued = (claims: object, header: object = {}) =>
  forge({ alg: 'EdDSA', kid: issuer.kid, typ: 'JWT', ...header }, rightClaims({ ...claims }), ed25519(issuer.private));
const with_ = (alg: string, header: object = {}) => ({ alg, kid: issuer.kid, typ: 'JWT', ...header });

describe('a right token', () => {
  it('is let in, whatever the case of its scheme', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(await statusesOf(`${scheme} ${issued({})}`)).not.toContain(401);
    }
  });
});

describe('a token of an attacker’s own making', () => {
  const own = thief.ed.publicKey.export({ format: 'jwk' });
  const forgeries: [string, () => string][] = [
    ['alg none', () => forge(with_('none'), rightClaims(), unsigned)],
    ['alg None', () => forge(with_('None'), rightClaims(), unsigned)],
    ['no alg', () => forge({ kid: issuer.kid }, rightClaims(), unsigned)],
    ['no signature', () => issued({}).replace(/[^.]+$/, '')],
    ['another one’s signature', () => issued({}).replace(/[^.]+$/, issued({ org: 'globex' }).split('.')[2] ?? '')],
    ['HS256 keyed with the public x', () => forge(with_('HS256'), rightClaims(), hmac(issuer.jwk.x ?? ''))],
    [
      'HS256 keyed with the public bytes',
      () => forge(with_('HS256'), rightClaims(), hmac(Buffer.from(issuer.jwk.x ?? '', 'base64url'))),
    ],
    ['HS256 keyed with the public PEM', () => forge(with_('HS256'), rightClaims(), hmac(issuer.pem))],
    ['HS256 keyed with the public JWK', () => forge(with_('HS256'), rightClaims(), hmac(JSON.stringify(issuer.jwk)))],
    ['HS256 keyed with nothing', () => forge(with_('HS256'), rightClaims(), hmac(''))],
    ['an own Ed25519 key', () => forge(with_('EdDSA'), rightClaims(), ed25519(thief.ed.privateKey))],
    ['an own RSA key', () => forge(with_('RS256'), rightClaims(), sha256With(thief.rsa.privateKey))],
    ['an own EC key', () => forge(with_('ES256'), rightClaims(), sha256With(thief.ec.privateKey))],
    [
      'an ECDSA signature of zeros (CVE-2022-21449)',
      () => forge(with_('ES256'), rightClaims(), () => Buffer.alloc(64)),
    ],
    ['jwk', () => forge(with_('EdDSA', { jwk: own }), rightClaims(), ed25519(thief.ed.privateKey))],
    [
      'jku',
      () =>
        forge(
          with_('EdDSA', { jku: `${standalone.endpoints.http_origin}/k` }),
          rightClaims(),
          ed25519(thief.ed.privateKey),
        ),
    ],
    ['x5u', () => forge(with_('EdDSA', { x5u: 'https://127.0.0.1:1/c' }), rightClaims(), ed25519(thief.ed.privateKey))],
    ['x5c', () => forge(with_('RS256', { x5c: ['MIIB'] }), rightClaims(), sha256With(thief.rsa.privateKey))],
    ['a kid that is a path', () => forge(with_('HS256', { kid: '../../../../dev/null' }), rightClaims(), hmac(''))],
    [
      'a kid that is a URL',
      () => forge(with_('EdDSA', { kid: 'http://127.0.0.1:1/key' }), rightClaims(), ed25519(thief.ed.privateKey)),
    ],
    ['a kid that is SQL', () => forge(with_('HS256', { kid: "x' UNION SELECT 'a" }), rightClaims(), hmac('a'))],
    [
      'a kid that is an object',
      () => forge(with_('EdDSA', { kid: { $ne: 1 } }), rightClaims(), ed25519(thief.ed.privateKey)),
    ],
    [
      'a kid of all objects',
      () => forge(with_('EdDSA', { kid: '__proto__' }), rightClaims(), ed25519(thief.ed.privateKey)),
    ],
  ];
  it.each(forgeries)('is refused by every service: %s', async (_what, token) => expectRefused(token()));
});

describe('a token that the issuer signed for something else', () => {
  const others: [string, () => string][] = [
    ['crit', () => issued({}, { crit: ['exp'] })],
    ['crit of what nobody knows', () => issued({}, { crit: ['x-mine'], 'x-mine': 1 })],
    ['b64 false', () => issued({}, { crit: ['b64'], b64: false })],
    ['another typ', () => issued({}, { typ: 'edgeflow-firmware+jws' })],
    ['another issuer', () => issued({ iss: 'https://evil.example' })],
    ['no issuer', () => issued({ iss: undefined })],
    ['another audience', () => issued({ aud: 'another' })],
    ['the audience of devices', () => issued({ aud: 'edgeflow-gateway' })],
    ['the audience of claims', () => issued({ aud: 'edgeflow-claim' })],
    ['no audience', () => issued({ aud: undefined })],
    ['expired', () => issued({ iat: now() - 700, exp: now() - 60 })],
    ['not valid yet', () => issued({ nbf: now() + 300 })],
    ['no exp', () => issued({ exp: undefined })],
    ['an exp that is text', () => issued({ exp: '9999999999' })],
    ['no subject', () => issued({ sub: undefined })],
    ['an empty subject', () => issued({ sub: '' })],
    ['no organization', () => issued({ org: undefined })],
    ...['', '*', '>', 'a.b', '../', 'acme ', 'acme\u0000', 'ácme', 'x'.repeat(65)].map(
      (org): [string, () => string] => [`organization ${JSON.stringify(org).slice(0, 20)}`, () => issued({ org })],
    ),
    ['a list of organizations', () => issued({ org: ['acme', 'globex'] })],
    ['an object as organization', () => issued({ org: { toString: 'acme' } })],
    ['no role', () => issued({ role: undefined })],
    ['an unknown role', () => issued({ role: 'root' })],
    ['a role of all objects', () => issued({ role: ['__proto__', 'constructor', 'toString'] })],
    ['an object as role', () => issued({ role: { admin: true } })],
  ];
  it.each(others)('is refused by every service: %s', async (_what, token) => expectRefused(token()));

  it('is refused by every service: a claim for devices, and a device’s own', async () => {
    const claim = (await readFile(join(standalone.endpoints.device_claims, 'acme.token'), 'utf8')).trim();
    const { public_key, private_key } = await deviceKeys();
    const device = { device_id: 'dev_tokens', model: 'm', public_key };
    expect(await standalone.ask('acme', 'admin', 'POST', '/gateway/v1/devices', device)).toMatchObject({ status: 201 });
    await expectRefused(claim);
    await expectRefused(await deviceToken({ org: 'acme', device_id: 'dev_tokens', private_key }));
    expect(await statusesOf(`Claim ${claim}`)).toEqual(EVERYWHERE_401);
    expect(await statusesOf(`Claim ${issued({})}`)).toEqual(EVERYWHERE_401);
  });
});

describe('what is no token', () => {
  it.each([
    ['8 KiB', `${'a'.repeat(9_000)}.b.c`],
    ['dots', '....'],
    ['five parts, as an encrypted one', 'a.b.c.d.e'],
    ['a token with something behind it', 'e30.e30.AAAA.AAAA'],
    ['JSON that is no object', `${Buffer.from('null').toString('base64url')}.e30.AAAA`],
  ])('is refused by every service: %s', async (_what, token) => expectRefused(token));

  it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', 'Token x', `Bearer\t${'x'.repeat(20)}`])(
    'is refused by every service: the header %j',
    async (header) => expect(await statusesOf(header)).toEqual(EVERYWHERE_401),
  );
});

describe('a request that says twice who it is', () => {
  const listing = (...headers: string[]) => {
    const lines = headers.map((token) => `authorization: Bearer ${token}\r\n`).join('');
    const head = `GET /registry/v1/policy HTTP/1.1\r\nhost: x\r\n${lines}connection: close\r\n\r\n`;
    return rawHttp(standalone.endpoints.http_origin, head);
  };

  it('is what its first header says, at the origin and behind it', async () => {
    const bad = issued({ exp: 1 });
    refused.push(bad);
    expect((await listing(bad, issued({}))).status).toBe(401);
    expect((await listing(issued({}), bad)).status).toBe(200);
  });

  it('in its token is one organization to all services, the last one named (RFC 7519, section 4)', async () => {
    const claims = JSON.stringify(rightClaims()).replace('"org":', '"org":"globex","org":');
    const header = { alg: 'EdDSA', kid: issuer.kid };
    const token = forge(header, claims, ed25519(issuer.private));
    expect(await statusesOf(`Bearer ${token}`)).not.toContain(401);
    const { http_origin } = standalone.endpoints;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const { public_key } = await deviceKeys();
    const body = JSON.stringify({ device_id: 'dev_twice', model: 'm', public_key });
    expect((await fetch(new URL('/gateway/v1/devices', http_origin), { method: 'POST', headers, body })).status).toBe(
      201,
    );
    const theirs = await standalone.ask('globex', 'admin', 'POST', '/gateway/v1/devices/dev_twice/revoke', {});
    expect(theirs.status).toBe(404);
  });
});

interface IssuedKey {
  key: string;
  key_id: string;
}

describe('an API key', () => {
  const make = async (org: string, more: object = {}): Promise<IssuedKey> => {
    const request = { name: 'suite', roles: ['viewer'], ...more };
    const { status, body } = await standalone.ask<IssuedKey>(org, 'admin', 'POST', '/registry/v1/api-keys', request);
    expect(status).toBe(201);
    return body;
  };
  const isLetIn = async (key: string) => (await statusesOf(`Bearer ${key}`)).every((status) => status !== 401);
  /** Until no service takes it any more; the promise is 2 s, and the machine may be busy. */
  const isOutSoon = (key: string) =>
    expect.poll(() => statusesOf(`Bearer ${key}`), { timeout: 5_000 }).toEqual(EVERYWHERE_401);

  it('is let in as it is, and in no other form', async () => {
    const [mine, other] = [await make('acme'), await make('acme')];
    const [kind, org, id, secret] = mine.key.split('.') as [string, string, string, string];
    expect(await isLetIn(mine.key)).toBe(true);
    const forged = [
      [kind, 'globex', id, secret],
      [kind, org, other.key_id, secret],
      [kind, org, id, 'A'.repeat(43)],
      [kind, org, id, secret.slice(1)],
      [kind, org, id, `${secret}A`],
      [kind, org, 'never_was', secret],
      [kind, org, '*', secret],
      [kind, '>', id, secret],
      ['efc', org, id, secret],
      [kind, org, `${id}.${id}`, secret],
      [kind, org, id, ''],
    ];
    for (const parts of forged) await expectRefused(parts.join('.'));
  });

  it('of another organization sees that one’s things only', async () => {
    const { key } = await make('globex');
    const url = new URL('/query/v1/devices/dev_tokens', standalone.endpoints.http_origin);
    expect((await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status).toBe(404);
  });

  it('cannot be made for admins, by others, or for ever', async () => {
    const request = { name: 'suite', roles: ['admin'] };
    expect(await standalone.ask('acme', 'admin', 'POST', '/registry/v1/api-keys', request)).toMatchObject({
      status: 400,
    });
    const late = { name: 'suite', roles: ['viewer'], expires_at: '2999-01-01T00:00:00Z' };
    expect(await standalone.ask('acme', 'admin', 'POST', '/registry/v1/api-keys', late)).toMatchObject({ status: 400 });
  });

  it('that is revoked is refused by every service within 5 s', async () => {
    const { key, key_id } = await make('acme');
    expect(await isLetIn(key)).toBe(true);
    const path = `/registry/v1/api-keys/${key_id}/revoke`;
    expect(await standalone.ask('acme', 'admin', 'POST', path, { reason: 'lost' })).toMatchObject({ status: 202 });
    await isOutSoon(key);
    refused.push(key);
  });

  it('that has expired is refused by every service', async () => {
    const { key } = await make('acme', { expires_at: new Date(Date.now() + 3_000).toISOString() });
    await isOutSoon(key);
    refused.push(key);
  });
});

describe('the logs', () => {
  it('hold none of what was refused', async () => {
    const folder = join(standalone.home, 'logs');
    const files = await readdir(folder);
    const logs = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
    const all = [standalone.output, ...logs].join('\n');
    expect(refused.length).toBeGreaterThan(70);
    // The part that proves something; what stands before it is no secret, and short texts may be anywhere.
    const secrets = refused.map((token) => token.split('.').at(-1) ?? '').filter((part) => part.length >= 40);
    expect(secrets.length).toBeGreaterThan(50);
    expect(secrets.filter((secret) => all.includes(secret))).toEqual([]);
  });
});
