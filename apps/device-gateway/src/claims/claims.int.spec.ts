import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { deviceKeys } from '@edgeflow/testkit';
import { ORG, World } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;
let other: RunningService;

beforeAll(async () => {
  world = await World.start();
  [gateway, other] = await Promise.all([world.gateway(), world.gateway({ GATEWAY_ID: 'gw-2' })]);
});
afterAll(() => world.stop());

interface Claim {
  claim_id: string;
  token: string;
}

async function claim(body: object = {}): Promise<Claim> {
  const answer = await world.post(gateway, '/claims', body);
  expect(answer.status).toBe(201);
  return answer.body as unknown as Claim;
}

async function registration(more: object = {}) {
  const { public_key } = await deviceKeys();
  return { device_id: `dev-${randomUUID()}`, model: 'cam-1', public_key, ...more };
}

const register = (token: string, body: object, at = gateway) => world.post(at, '/devices', body, `Claim ${token}`);
const streamOf = (claim_id: string) => world.log.read({ org: ORG, entity: 'claim', entity_id: claim_id });

describe('a claim token', () => {
  it('is issued for one use and a day, and the log holds nothing that could be used', async () => {
    const { status, body } = await world.post(gateway, '/claims', { fleet: 'north' });
    expect(status).toBe(201);
    expect(body).toMatchObject({ uses: 1, fleet: 'north' });
    const life_ms = Date.parse(String(body['expires_at'])) - Date.now();
    expect(life_ms).toBeGreaterThan(86_000_000);
    expect(life_ms).toBeLessThanOrEqual(86_400_000);
    const secret = String(body['token']).split('.')[3];
    const events = await streamOf(String(body['claim_id']));
    expect(events).toMatchObject([{ type: 'ClaimIssued', data: { issued_by: 'ada', uses: 1 } }]);
    expect(secret).toHaveLength(43);
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it.each([{ uses: 0 }, { uses: 1_000_001 }, { expires_in_s: 31_536_001 }, { expires_in_s: 0 }, { uses: '3' }])(
    'is refused with %j',
    async (body) => {
      const answer = await world.post(gateway, '/claims', body);
      expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
    },
  );

  it('lets a device in, writes both in one, and costs the same device nothing again', async () => {
    const { claim_id, token } = await claim();
    const wanted = await registration();
    const first = await register(token, wanted);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ ...wanted, claim_id, registered_by: `claim:${claim_id}` });
    const [, used] = await streamOf(claim_id);
    expect(used).toMatchObject({ type: 'ClaimUsed', data: { device_id: wanted.device_id } });
    expect(used?.position).toBe(Number(first.body['position']) + 1);
    expect(await register(token, wanted)).toEqual({ status: 200, body: first.body });
    expect(await streamOf(claim_id)).toHaveLength(2);
  });

  it('of one use lets exactly one device in, however many come at once, at two gateways', async () => {
    const { claim_id, token } = await claim();
    const wanted = await Promise.all(Array.from({ length: 24 }, () => registration()));
    const answers = await Promise.all(wanted.map((body, n) => register(token, body, n % 2 ? gateway : other)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(23);
    expect((await streamOf(claim_id)).filter(({ type }) => type === 'ClaimUsed')).toHaveLength(1);
    const streams = wanted.map(({ device_id }) => world.log.read({ org: ORG, entity: 'device', entity_id: device_id }));
    expect((await Promise.all(streams)).flat()).toHaveLength(1);
  });

  it('of three uses lets three devices in', async () => {
    const { token } = await claim({ uses: 3 });
    const wanted = await Promise.all(Array.from({ length: 8 }, () => registration()));
    const answers = await Promise.all(wanted.map((body, n) => register(token, body, n % 2 ? gateway : other)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
  });

  it('says the same whatever is wrong with it', async () => {
    const [spent, revoked, good] = await Promise.all([claim(), claim(), claim()]);
    await register(spent.token, await registration());
    expect((await world.post(gateway, `/claims/${revoked.claim_id}/revoke`, { reason: 'lost' })).status).toBe(202);
    const [kind, org, id, secret = ''] = good.token.split('.');
    const wrong = `${secret.startsWith('A') ? 'B' : 'A'}${secret.slice(1)}`;
    const bad = [
      spent.token,
      revoked.token,
      [kind, org, id, wrong].join('.'),
      [kind, org, 'clm_none', secret].join('.'),
      [kind, 'globex', id, secret].join('.'),
      'efc.acme.x',
    ];
    const answers = await Promise.all(bad.map(async (token) => register(token, await registration())));
    expect(
      new Set(answers.map(({ status, body }) => JSON.stringify([status, body['code'], body['detail']]))).size,
    ).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it('is refused once it has expired', async () => {
    const { token } = await claim({ expires_in_s: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await register(token, await registration())).status).toBe(401);
  });

  it('for a fleet and a model lets no other in, and gives its fleet', async () => {
    const { token } = await claim({ fleet: 'north', model: 'cam-1' });
    for (const body of [await registration({ fleet: 'south' }), await registration({ model: 'cam-2' })]) {
      expect(await register(token, body)).toMatchObject({ status: 403, body: { code: 'claim-mismatch' } });
    }
    expect(await register(token, await registration())).toMatchObject({ status: 201, body: { fleet: 'north' } });
  });

  it('does not overwrite the registration of another device', async () => {
    const { token, claim_id } = await claim();
    const { device_id } = await world.device(gateway);
    const answer = await register(token, await registration({ device_id }));
    expect([answer.status, answer.body['code']]).toEqual([409, 'device-exists']);
    expect(await streamOf(claim_id)).toHaveLength(1);
  });

  it('opens nothing but the registration, and is issued and revoked by admins only', async () => {
    const { token, claim_id } = await claim();
    expect((await world.post(gateway, '/claims', {}, `Claim ${token}`)).status).toBe(401);
    for (const role of ['publisher', 'operator', 'viewer', 'auditor'] as const) {
      const bearer = `Bearer ${await world.issuer.issue({ org: ORG, role, subject: 'bob' }, 60)}`;
      expect((await world.post(gateway, '/claims', {}, bearer)).status).toBe(403);
      expect((await world.post(gateway, `/claims/${claim_id}/revoke`, {}, bearer)).status).toBe(403);
    }
    const admin = `Bearer ${await world.issuer.issue({ org: 'globex', role: 'admin', subject: 'eve' }, 60)}`;
    const foreign = await world.post(gateway, `/claims/${claim_id}/revoke`, {}, admin);
    expect([foreign.status, foreign.body['code']]).toEqual([404, 'claim-unknown']);
  });
});
