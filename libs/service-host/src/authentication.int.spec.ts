import { secretTokenOf, newSecret, parseSecretToken } from '@edgeflow/identity';
import { systemEntropy } from '@edgeflow/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOOD_CLAIM, Hosted, ask, type Answer } from './hosted.fixture.js';
import type { RunningService } from './index.js';

let hosted: Hosted;
let service: RunningService;

beforeAll(async () => {
  hosted = await Hosted.open();
  service = await hosted.start();
});
afterAll(() => hosted.stop());

const as = (credential: string, path = '', at = service): Promise<Answer> =>
  ask(at, `/hats/v1/hats${path}`, { authorization: credential });
const post = (credential: string, path = '', at = service): Promise<Answer> =>
  ask(at, `/hats/v1/hats${path}`, { method: 'POST', authorization: credential, body: '{"name":"bowler"}' });

describe('an API key', () => {
  it('has its organization, its roles and a name of its own', async () => {
    const key = await hosted.apiKey('acme', 'key_1', { roles: ['operator', 'viewer'] });
    expect((await as(`Bearer ${key}`)).body).toEqual({
      ...{ kind: 'api-key', org: 'acme', subject: 'api-key:key_1', roles: ['operator', 'viewer'] },
    });
    expect((await post(`Bearer ${key}`)).status).toBe(201);
    expect((await as(`Bearer ${key}`, '/secret')).status).toBe(403);
  });

  it('that is wrong, expired, revoked, of another org or unknown is refused in the same words', async () => {
    const good = await hosted.apiKey('acme', 'key_2');
    const { secret = '' } = parseSecretToken('efk', good) ?? {};
    await hosted.apiKey('acme', 'key_revoked');
    await hosted.revokeKey('acme', 'key_revoked');
    const bad = [
      secretTokenOf('efk', { org: 'acme', id: 'key_2', secret: newSecret(systemEntropy) }),
      secretTokenOf('efk', { org: 'globex', id: 'key_2', secret }),
      secretTokenOf('efk', { org: 'acme', id: 'key_none', secret }),
      await hosted.apiKey('acme', 'key_3', { expires_at: '2020-01-01T00:00:00Z' }),
      'efk.acme.key_2',
      `efk.acme.key~2.${secret}`,
      `efk.acme.x.key_2.${secret}`,
      `${good}x`,
    ];
    for (const key of bad) {
      const { status, body } = await as(`Bearer ${key}`);
      expect([status, body['detail']]).toEqual([401, 'The API key is not valid']);
    }
    expect((await as(`Claim ${good}`)).status).toBe(401);
  });

  it('is not good for long after its revocation', async () => {
    const key = await hosted.apiKey('acme', 'key_4');
    expect((await as(`Bearer ${key}`)).status).toBe(200);
    await hosted.revokeKey('acme', 'key_4');
    await expect.poll(async () => (await as(`Bearer ${key}`)).status, { timeout: 10_000 }).toBe(401);
  });

  it('is noted as used, once for many uses', async () => {
    const key = await hosted.apiKey('acme', 'key_5');
    for (let n = 0; n < 3; n++) await as(`Bearer ${key}`);
    const stream = { org: 'acme', entity: 'access', entity_id: 'key_5' } as const;
    const used = async () => (await hosted.log.read(stream)).filter(({ type }) => type === 'ApiKeyUsed');
    await expect
      .poll(async () => (await used()).map(({ data }) => data))
      .toEqual([{ key_id: 'key_5', service: 'hatter' }]);
  });
});

describe('a claim token of the log', () => {
  it('is handed on as it is, where a route takes claims', async () => {
    const claim = secretTokenOf('efc', { org: 'acme', id: 'clm_1', secret: GOOD_CLAIM });
    expect((await post(`Claim ${claim}`, '/claimed')).body).toEqual({
      ...{ kind: 'device-claim', org: 'acme', subject: 'claim:clm_1', roles: [] },
      claim: { claim_id: 'clm_1', secret: GOOD_CLAIM },
    });
    expect((await post(`Claim ${claim}`)).status).toBe(401);
    expect((await post(`Bearer ${claim}`, '/claimed')).status).toBe(401);
    expect((await post('Claim efc.acme.clm_1.short', '/claimed')).status).toBe(401);
  });
});

describe("a device's own token", () => {
  const forGateway = `x.${Buffer.from('{"aud":"edgeflow-gateway"}').toString('base64url')}.x`;

  it('is taken where a route allows it and the service can tell devices', async () => {
    const devices = await hosted.start({}, { devices: true });
    expect((await post(`Bearer ${forGateway}`, '/own', devices)).body).toEqual({
      ...{ kind: 'device', org: 'acme', subject: 'dev_1', roles: [] },
    });
    expect((await post(`Bearer ${forGateway}`, '', devices)).status).toBe(401);
    expect((await post(`Bearer ${forGateway}`, '/own')).status).toBe(401);
  });

  it('does not open the route to members without the right', async () => {
    const devices = await hosted.start({}, { devices: true });
    expect((await post(`Bearer ${await hosted.token('acme', 'viewer')}`, '/own', devices)).status).toBe(403);
    expect((await post(`Bearer ${await hosted.token('acme', 'admin')}`, '/own', devices)).status).toBe(201);
  });
});

describe('roles', () => {
  it('add up', async () => {
    const token = await hosted.token('acme', ['viewer', 'operator']);
    expect((await as(`Bearer ${token}`)).body).toMatchObject({ roles: ['operator', 'viewer'] });
    expect((await post(`Bearer ${token}`)).status).toBe(201);
    expect((await as(`Bearer ${token}`, '/secret')).body).toMatchObject({
      ...{ code: 'forbidden', roles: ['operator', 'viewer'], allowed: ['auditor'] },
    });
  });
});

describe('an address that tries credentials', () => {
  it('is not listened to for the rest of the minute, good credentials or not', async () => {
    const guarded = await hosted.start({ AUTH_FAILURES_PER_MINUTE: '3' });
    const good = `Bearer ${await hosted.token('acme', 'viewer')}`;
    const failing = async (): Promise<number> => (await as('Bearer a.b.c', '', guarded)).status;
    // Tries can straddle the turn of a minute once.
    const answers = [];
    for (let n = 0; n < 8; n++) answers.push(await failing());
    expect(answers.slice(0, 3)).toEqual([401, 401, 401]);
    expect(answers).toContain(429);
    await expect.poll(async () => (await failing(), (await as(good, '', guarded)).status)).toBe(429);
    const { headers, body } = await as(good, '', guarded);
    expect(body).toMatchObject({ code: 'too-many-requests' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask(guarded, '/livez')).status).toBe(200);
  });

  it('has few tries for claim tokens, also when the route itself finds them bad', async () => {
    const guarded = await hosted.start({ AUTH_CLAIM_FAILURES_PER_MINUTE: '2' });
    const guess = (): string =>
      `Claim ${secretTokenOf('efc', { org: 'acme', id: 'clm_1', secret: newSecret(systemEntropy) })}`;
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push((await post(guess(), '/claimed', guarded)).status);
    expect(answers.slice(0, 2)).toEqual([401, 401]);
    expect(answers).toContain(429);
    expect((await as(`Bearer ${await hosted.token('acme', 'viewer')}`, '', guarded)).status).toBe(200);
  });

  it('is the client behind a trusted proxy, and no other says who it is', async () => {
    const guarded = await hosted.start({ AUTH_FAILURES_PER_MINUTE: '1', TRUSTED_PROXIES: '10.0.0.0/8' });
    const from = (ip: string, at: RunningService): Promise<Answer> =>
      ask(at, '/hats/v1/hats', { authorization: 'Bearer a.b.c', 'x-forwarded-for': ip });
    const untrusted = [];
    for (let n = 0; n < 4; n++) untrusted.push((await from(`192.0.2.${n}`, guarded)).status);
    expect(untrusted).toContain(429);
    const proxied = await hosted.start({ AUTH_FAILURES_PER_MINUTE: '1' });
    for (let n = 0; n < 4; n++) expect((await from(`192.0.2.${n}`, proxied)).status).toBe(401);
  });
});

describe('a caller that is refused', () => {
  it('uses up its requests like one that is not', async () => {
    const limited = await hosted.start({ RATE_LIMIT_PER_MINUTE: '2' });
    const token = `Bearer ${await hosted.token('acme', 'viewer', 'eve')}`;
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push((await post(token, '', limited)).status);
    expect(answers[0]).toBe(403);
    expect(answers).toContain(429);
  });
});
