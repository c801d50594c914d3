import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deviceKeys, deviceToken } from '@edgeflow/testkit';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneUnderTest } from '../e2e/standalone.harness.js';

let standalone: StandaloneUnderTest;
let issuer: JWK;
/** What a right token of a viewer says. */
let right: Record<string, unknown>;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  issuer = JSON.parse(await readFile(join(standalone.home, 'keys', 'issuer.jwk'), 'utf8')) as JWK;
  const [, payload = ''] = (await standalone.token('acme', 'viewer')).split('.');
  right = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
});
afterAll(() => standalone.dispose());

/** A token with changed claims and header; signed by the issuer unless `by` says otherwise. */
async function token(claims: object = {}, header: object = {}, by?: Parameters<SignJWT['sign']>[0]): Promise<string> {
  const payload = JSON.parse(JSON.stringify({ ...right, ...claims })) as Record<string, unknown>;
  const head = { alg: 'EdDSA', kid: issuer.kid, typ: 'JWT', ...header };
  return new SignJWT(payload).setProtectedHeader(head).sign(by ?? (await importJWK(issuer, 'EdDSA')));
}

/** How a route answers to a credential. */
async function answerTo(authorization: string, path = '/query/v1/devices'): Promise<{ status: number; code?: string }> {
  const response = await fetch(new URL(path, standalone.endpoints.http_origin), { headers: { authorization } });
  return { status: response.status, ...((await response.json()) as { code?: string }) };
}

const refused = { status: 401, code: 'unauthorized' };
const now = (): number => Math.floor(Date.now() / 1000);
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a right token', () => {
  it('is taken, and the scheme is read as the RFC says', async () => {
    const good = await token();
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) expect((await answerTo(`${scheme} ${good}`)).status).toBe(200);
  });
});

describe('a token that is signed otherwise', () => {
  it('is refused without a signature, however that is spelled', async () => {
    expect(await answerTo(`Bearer ${new UnsecuredJWT(right).encode()}`)).toMatchObject(refused);
    const [, payload] = (await token()).split('.');
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      expect(await answerTo(`Bearer ${part({ alg, kid: issuer.kid })}.${payload}.`)).toMatchObject(refused);
    }
  });

  it('is refused when the public key is its secret', async () => {
    const signed = `${part({ alg: 'HS256', kid: issuer.kid })}.${part(right)}`;
    for (const secret of [issuer.x ?? '', Buffer.from(issuer.x ?? '', 'base64url'), JSON.stringify(issuer)]) {
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      expect(await answerTo(`Bearer ${signed}.${mac}`)).toMatchObject(refused);
    }
  });

  it('is refused with a key of its own, wherever the header says that key is', async () => {
    const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(publicKey);
    const headers = [
      {},
      { jwk },
      { kid: 'other' },
      { kid: undefined },
      { kid: '../../../etc/passwd' },
      { kid: "' OR 1=1 --" },
      { jku: `${standalone.endpoints.http_origin}/jwks.json` },
      { x5u: 'https://evil.example/cert', x5c: ['AA=='] },
    ];
    for (const header of headers) {
      expect(await answerTo(`Bearer ${await token({}, header, privateKey)}`)).toMatchObject(refused);
    }
  });

  it('is refused when it asks for what nobody understands', async () => {
    const key = await importJWK(issuer, 'EdDSA');
    const unknown = new SignJWT(right).setProtectedHeader({ alg: 'EdDSA', kid: issuer.kid, crit: ['exp'], exp: 1 });
    const odd = await unknown.sign(key, { crit: { exp: true } });
    expect(await answerTo(`Bearer ${odd}`)).toMatchObject(refused);
  });
});

describe('a token that says otherwise', () => {
  it.each<[string, object]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'edgeflow-claim' }],
    ['the audience of devices', { aud: 'edgeflow-gateway' }],
    ['no audience', { aud: undefined }],
    ['no end', { exp: undefined }],
    ['an end that is over', { exp: now() - 60 }],
    ['an end in words', { exp: 'tomorrow' }],
    ['a beginning to come', { nbf: now() + 600 }],
    ['no organization', { org: undefined }],
    ['an organization of several tokens', { org: 'acme.update' }],
    ['all organizations', { org: '*' }],
    ['whatever follows', { org: '>' }],
    ['a path', { org: '../globex' }],
    ['an empty organization', { org: '' }],
    ['two organizations', { org: ['acme', 'globex'] }],
    ['an organization that is an object', { org: { $ne: '' } }],
    ['no role', { role: undefined }],
    ['a role that nobody knows', { role: 'root' }],
    ['a role from the language', { role: '__proto__' }],
    ['no subject', { sub: undefined }],
  ])('for %s is refused', async (_name, claims) => {
    expect(await answerTo(`Bearer ${await token(claims)}`)).toMatchObject(refused);
  });

  it('is of one organization, though its text names two', async () => {
    const text = JSON.stringify(right).replace('"org":"acme"', '"org":"acme","org":"globex"');
    const [head] = (await token()).split('.');
    const signed = `${head}.${Buffer.from(text).toString('base64url')}`;
    expect((await answerTo(`Bearer ${signed}.AAAA`)).status).toBe(401);
  });
});

describe('what is no token', () => {
  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer a.b.c',
    'Bearer ..',
    'Basic YTpi',
    'Token x',
    'Bearer x y',
    'Bearer ünïcode',
  ])('is refused (%s)', async (text) => {
    const authorization = Buffer.from(text).toString('latin1');
    expect(await answerTo(authorization)).toMatchObject({ status: 401 });
  });

  it('is refused when it is far too long', async () => {
    expect((await answerTo(`Bearer ${'x'.repeat(12_000)}`)).status).toBeGreaterThanOrEqual(400);
  });

  it('is refused as a claim where nobody registers a device', async () => {
    const claim = (await readFile(join(standalone.endpoints.device_claims, 'acme.token'), 'utf8')).trim();
    expect(await answerTo(`Claim ${claim}`)).toMatchObject(refused);
    expect(await answerTo(`Bearer ${claim}`)).toMatchObject(refused);
    const keys = await deviceKeys();
    expect(await answerTo(`Bearer ${await deviceToken({ org: 'acme', device_id: 'd', ...keys })}`)).toMatchObject(
      refused,
    );
  });
});

describe('an API key', () => {
  interface Made {
    key_id: string;
    key: string;
  }
  const make = (more: object = {}) =>
    standalone.ask<Made>('acme', 'admin', 'POST', '/registry/v1/api-keys', { name: 'ci', roles: ['viewer'], ...more });

  it('does what its roles allow, in its organization', async () => {
    const { body } = await make();
    expect((await answerTo(`Bearer ${body.key}`)).status).toBe(200);
    expect(await answerTo(`Bearer ${body.key}`, '/query/v1/audit')).toMatchObject({ status: 403 });
    const used = () =>
      standalone.ask<{ items: { key_id: string; last_used_at: string | null }[] }>(
        ...(['acme', 'admin', 'GET', '/query/v1/api-keys'] as const),
      );
    const list = await standalone.eventually(used, ({ body: { items } }) =>
      items.some(({ key_id, last_used_at }) => key_id === body.key_id && last_used_at !== null),
    );
    expect(JSON.stringify(list)).not.toContain('sha256');
  });

  it('is refused when anything of it is changed', async () => {
    const [one, other] = [(await make()).body, (await make()).body];
    const [, , , secret = ''] = one.key.split('.');
    const [, , , foreign = ''] = other.key.split('.');
    const wrong = [
      one.key.replace('.acme.', '.globex.'),
      one.key.replace(secret, foreign),
      one.key.replace(one.key_id, 'key_none'),
      `${one.key}A`,
      one.key.slice(0, -1),
      one.key.replace('efk.', 'efc.'),
    ];
    for (const key of wrong) expect(await answerTo(`Bearer ${key}`)).toMatchObject(refused);
  });

  it('is refused within seconds of its revocation, and after its end', async () => {
    const { body } = await make();
    expect((await answerTo(`Bearer ${body.key}`)).status).toBe(200);
    await standalone.ask('acme', 'admin', 'POST', `/registry/v1/api-keys/${body.key_id}/revoke`, { reason: 'left' });
    await expect.poll(async () => (await answerTo(`Bearer ${body.key}`)).status, { timeout: 5_000 }).toBe(401);
    const soon = await make({ expires_at: new Date(Date.now() + 1_500).toISOString() });
    await expect.poll(async () => (await answerTo(`Bearer ${soon.body.key}`)).status, { timeout: 8_000 }).toBe(401);
  });

  it('is never an admin’s, and is made by admins alone', async () => {
    expect((await make({ roles: ['admin'] })).status).toBe(400);
    expect((await make({ roles: [] })).status).toBe(400);
    const role = await standalone.ask('acme', 'operator', 'POST', '/registry/v1/api-keys', {
      name: 'x',
      roles: ['viewer'],
    });
    expect(role.status).toBe(403);
  });
});
