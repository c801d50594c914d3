import { randomUUID } from 'node:crypto';
import type { StoredEvent } from '@edgeflow/contracts';
import { deviceKeys } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StandaloneUnderTest, type Answer } from '../e2e/standalone.harness.js';
import { eventsOf } from './events-of.js';

/** Bad claim tokens that an address may send in a minute, here; the last attack goes past it. */
const FAILURES_MAX = 150;

interface Claim {
  claim_id: string;
  token: string;
}
interface Problem {
  code: string;
  detail: string;
}

let standalone: StandaloneUnderTest;
beforeAll(async () => {
  standalone = await StandaloneUnderTest.start({ AUTH_CLAIM_FAILURES_PER_MINUTE: String(FAILURES_MAX) });
});
afterAll(() => standalone.dispose());

async function claim(body: object = {}, org = 'acme'): Promise<Claim> {
  const answer = await standalone.ask<Claim>(org, 'admin', 'POST', '/gateway/v1/claims', body);
  expect(answer.status).toBe(201);
  return answer.body;
}

async function registration(more: object = {}) {
  const { public_key } = await deviceKeys();
  return { device_id: `dev_${randomUUID()}`, model: 'board', public_key, ...more };
}

async function send(authorization: string, path: string, body: object): Promise<Answer<Problem>> {
  const headers = { authorization, 'content-type': 'application/json' };
  const url = new URL(path, standalone.endpoints.http_origin);
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Problem };
}

const register = (token: string, body: object) => send(`Claim ${token}`, '/gateway/v1/devices', body);

/** The token with one of its parts replaced: kind, org, id, secret. */
function altered(token: string, at: 0 | 1 | 2 | 3, part: string): string {
  return token.split('.').with(at, part).join('.');
}

const eventsAbout = async (wanted: (event: StoredEvent) => boolean) => (await eventsOf(standalone)).filter(wanted);

describe('a one-time claim token', () => {
  it('lets one of twenty devices in that come at once', async () => {
    const { token, claim_id } = await claim({ uses: 1 });
    const devices = await Promise.all(Array.from({ length: 20 }, () => registration()));
    const answers = await Promise.all(devices.map((device) => register(token, device)));
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, ...Array.from({ length: 19 }, () => 401)]);
    const of = (type: string) =>
      eventsAbout((event) => event.type === type && 'claim_id' in event.data && event.data.claim_id === claim_id);
    expect(await of('DeviceRegistered')).toHaveLength(1);
    expect(await of('ClaimUsed')).toHaveLength(1);
  });

  it('costs the device that it let in nothing again, and nobody else gets in with that one’s name', async () => {
    const { token } = await claim({ uses: 1 });
    const device = await registration();
    expect((await register(token, device)).status).toBe(201);
    expect((await register(token, device)).status).toBe(200);
    const { public_key } = await registration();
    expect((await register(token, { ...device, public_key })).status).not.toBeLessThan(400);
  });
});

describe('a claim token that is no good', () => {
  it('is refused in the same words, whatever is wrong with it', async () => {
    const [spent, revoked, expired, good] = [
      await claim(),
      await claim(),
      await claim({ expires_in_s: 1 }),
      await claim({ model: 'board' }),
    ];
    expect((await register(spent.token, await registration())).status).toBe(201);
    const path = `/gateway/v1/claims/${revoked.claim_id}/revoke`;
    expect((await standalone.ask('acme', 'admin', 'POST', path, {})).status).toBe(202);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const tokens = {
      spent: spent.token,
      revoked: revoked.token,
      expired: expired.token,
      unknown: altered(good.token, 2, 'clm_never_was'),
      'with another secret': altered(good.token, 3, 'A'.repeat(43)),
      'with another one’s secret': altered(good.token, 3, spent.token.split('.')[3] ?? ''),
      'of another organization': altered(good.token, 1, 'globex'),
      'of no organization': altered(good.token, 1, 'initech'),
      'with a wildcard': altered(good.token, 2, '*'),
      'that is an API key': altered(good.token, 0, 'efk'),
      'with a wrong secret for another model': altered(altered(good.token, 3, 'B'.repeat(43)), 2, good.claim_id),
    };
    const told = new Set<string>();
    for (const [what, token] of Object.entries(tokens)) {
      const { status, body } = await register(token, await registration({ model: 'another' }));
      expect([what, status, body.code]).toEqual([what, 401, 'unauthorized']);
      if (/^efc(\.[\w-]+){3}$/.test(token)) told.add(body.detail);
    }
    expect([...told]).toHaveLength(1);
    // The one that all of them were made from.
    expect((await register(good.token, await registration())).status).toBe(201);
  });
});

describe('a good claim token', () => {
  it('is for its fleet and its model', async () => {
    const { token } = await claim({ fleet: 'north', model: 'board', uses: 3 });
    for (const wrong of [{ model: 'another' }, { fleet: 'south' }]) {
      const { status, body } = await register(token, await registration(wrong));
      expect([status, body.code]).toEqual([403, 'claim-mismatch']);
    }
    expect((await register(token, await registration())).body).toMatchObject({ fleet: 'north' });
  });

  it('is for its organization, whatever the body says', async () => {
    const { token } = await claim();
    const device = await registration();
    for (const more of [
      { org: 'globex' },
      { organization: 'globex' },
      { claim_id: 'clm_x' },
      { registered_by: 'me' },
    ]) {
      const { status, body } = await register(token, { ...device, ...more });
      expect([status, body.code]).toEqual([400, 'invalid-request']);
    }
    expect((await register(token, device)).status).toBe(201);
    const registered = await eventsAbout(
      ({ type, entity_id }) => type === 'DeviceRegistered' && entity_id === device.device_id,
    );
    expect(registered.map(({ org }) => org)).toEqual(['acme']);
    expect(JSON.stringify(registered)).not.toMatch(/globex|clm_x|"registered_by":"me"/);
  });

  it('does not take a registered device over', async () => {
    const { token, claim_id } = await claim();
    const device = await registration();
    expect((await standalone.ask('acme', 'admin', 'POST', '/gateway/v1/devices', device)).status).toBe(201);
    const { public_key } = await registration();
    expect(await register(token, { ...device, public_key })).toMatchObject({
      status: 409,
      body: { code: 'device-exists' },
    });
    expect(await register(token, { ...device, model: 'another' })).toMatchObject({ status: 409 });
    expect(await eventsAbout((event) => event.type === 'ClaimUsed' && event.data.claim_id === claim_id)).toEqual([]);
  });

  it('is good for nothing else', async () => {
    const { token, claim_id } = await claim({ uses: 5 });
    const device = await registration();
    expect((await register(token, device)).status).toBe(201);
    const { public_key } = await registration();
    const routes: [string, object][] = [
      [`/gateway/v1/devices/${device.device_id}/revoke`, {}],
      [`/gateway/v1/devices/${device.device_id}/key`, { public_key }],
      ['/gateway/v1/claims', {}],
      [`/gateway/v1/claims/${claim_id}/revoke`, {}],
      ['/registry/v1/keys', { kid: 'mine', public_key }],
      ['/registry/v1/api-keys', { name: 'mine', roles: ['viewer'] }],
      ['/orchestrator/v1/updates', { device_id: device.device_id, version: '1.0.0' }],
    ];
    for (const [path, body] of routes) {
      for (const scheme of ['Claim', 'Bearer']) {
        expect([path, scheme, (await send(`${scheme} ${token}`, path, body)).status]).toEqual([path, scheme, 401]);
      }
    }
    expect((await send(`Bearer ${token}`, '/gateway/v1/devices', await registration())).status).toBe(401);
  });
});

describe('somebody who tries claim tokens', () => {
  it('is sent away with 429 in the end, and then not even a right one is looked at', async () => {
    const { token } = await claim({ uses: 5 });
    const device = await registration();
    const guess = () => register(altered(token, 3, randomUUID().replaceAll('-', '').padEnd(43, 'x')), device);
    let last = await guess();
    for (let n = 0; last.status === 401 && n < FAILURES_MAX + 50; n++) last = await guess();
    expect(last).toMatchObject({ status: 429, body: { code: 'too-many-requests' } });
    expect((await register(token, device)).status).toBe(429);
    // Those who have other credentials are not shut out with them.
    expect((await standalone.ask('acme', 'admin', 'GET', '/query/v1/claims')).status).toBe(200);
    expect(await eventsAbout(({ entity_id }) => entity_id === device.device_id)).toEqual([]);
  });
});
