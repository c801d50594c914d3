import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partsOf, startTestRegistry, type Tenant, type TestRegistry } from '../testing/registry.fixture.js';
import type { IssuedApiKeyAnswer } from './api-keys.dto.js';

type Answer = IssuedApiKeyAnswer & { code: string; detail: string };

let registry: TestRegistry;
beforeAll(async () => {
  registry = await startTestRegistry();
});
afterAll(() => registry.stop());

const request = { name: 'ci', roles: ['publisher'] };
const issue = (tenant: Tenant, body: object = request) => tenant.ask<Answer>('POST', '/api-keys', 'admin', body);

/** An upload, with the key for a credential. */
async function upload(tenant: Tenant, key: string): Promise<number> {
  const form = new FormData();
  for (const [name, value, file] of partsOf({ version: `1.0.${randomBytes(3).readUIntBE(0, 3)}` })) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, new Blob([value]), file);
  }
  const headers = { authorization: `Bearer ${key}` };
  return (await fetch(`${tenant.url}/registry/v1/firmware`, { method: 'POST', headers, body: form })).status;
}

describe('an API key', () => {
  it('is told once, works within its roles, and leaves no trace of its secret in the log', async () => {
    const tenant = registry.tenant();
    const { status, body } = await issue(tenant);
    expect(status).toBe(201);
    expect(body).toEqual({
      ...{ ...request, key_id: expect.stringMatching(/^key_/), position: expect.any(Number) },
      key: expect.stringMatching(new RegExp(`^efk\\.${tenant.org}\\.key_[0-9a-f]{32}\\.[A-Za-z0-9_-]{43}$`)),
    });
    expect(await upload(tenant, body.key)).toBe(201);
    const headers = { authorization: `Bearer ${body.key}`, 'content-type': 'application/json' };
    const more = await fetch(`${tenant.url}/registry/v1/api-keys`, {
      method: 'POST',
      headers,
      body: JSON.stringify(request),
    });
    expect(more.status).toBe(403);
    const events = await Array.fromAsync(registry.log.scanLast([`ota.${tenant.org}.>`]));
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['ApiKeyIssued', 'ActionRecorded']));
    expect(JSON.stringify(events)).not.toContain(body.key.split('.')[3]);
  });

  it('that is revoked works no more, here within seconds, however often it was used', async () => {
    const tenant = registry.tenant();
    const { key, key_id } = (await issue(tenant)).body;
    expect(await upload(tenant, key)).toBe(201);
    const first = await tenant.ask<Answer>('POST', `/api-keys/${key_id}/revoke`, 'admin', { reason: 'leaked' });
    expect(first).toMatchObject({ status: 202, body: { key_id } });
    expect(await tenant.ask('POST', `/api-keys/${key_id}/revoke`, 'admin', {})).toEqual(first);
    await expect.poll(() => upload(tenant, key), { timeout: 10_000 }).toBe(401);
    const { last } = await registry.log.lastOfEach({ org: tenant.org, entity: 'access', entity_id: key_id });
    expect(last.ApiKeyRevoked?.data).toEqual({ key_id, reason: 'leaked', revoked_by: `admin@${tenant.org}` });
  });

  it.each([
    ['without a role', { roles: [] }],
    ['of an admin', { roles: ['admin'] }],
    ['of a role that is none', { roles: ['publisher', 'root'] }],
    ['without a name', { name: '' }],
    ['that has expired', { expires_at: '2020-01-01T00:00:00Z' }],
    ['that expires in three years', { expires_at: new Date(Date.now() + 3 * 366 * 86_400_000).toISOString() }],
    ['that expires on no day', { expires_at: '2027-13-45T00:00:00Z' }],
  ])('%s is not made', async (_name, part) => {
    const answer = await issue(registry.tenant(), { ...request, ...part });
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request' } });
  });

  it('is for admins of its organization to make and to revoke', async () => {
    const [acme, globex] = [registry.tenant(), registry.tenant()];
    const { key_id } = (await issue(globex)).body;
    for (const id of [key_id, 'key_0', 'a.b', '%3E', '..%2f..']) {
      const answer = await acme.ask<Answer>('POST', `/api-keys/${id}/revoke`, 'admin', {});
      expect([400, 404]).toContain(answer.status);
      expect(answer.body.code).toMatch(/^(api-key-unknown|invalid-request)$/);
    }
    for (const role of ['publisher', 'operator', 'viewer', 'auditor'] as const) {
      expect((await acme.ask('POST', '/api-keys', role, request)).status).toBe(403);
      expect((await globex.ask('POST', `/api-keys/${key_id}/revoke`, role, {})).status).toBe(403);
    }
  });
});

describe('an upload', () => {
  it('is in the audit trail with its outcome', async () => {
    const tenant = registry.tenant();
    await tenant.upload();
    await tenant.upload({}, 'viewer');
    const trail = await registry.log.read({ org: tenant.org, entity: 'audit', entity_id: 'firmware-registry' });
    expect(trail.map(({ data }) => data)).toMatchObject([
      { action: 'POST /registry/v1/firmware', outcome: 'succeeded', status: 201, actor: { roles: ['publisher'] } },
      { action: 'POST /registry/v1/firmware', outcome: 'denied', status: 403, code: 'forbidden' },
    ]);
  });
});
