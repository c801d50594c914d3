import { readFile } from 'node:fs/promises';
import { TUNNEL_PROTOCOL } from '@edgeflow/contracts';
import { TunnelClient, UpgradeRefused, deviceKeys, deviceToken, type DeviceKeys } from '@edgeflow/testkit';
import { exportJWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ScriptedDevice } from '../e2e/scripted-device.js';
import { StandaloneUnderTest, type Answer } from '../e2e/standalone.harness.js';

let standalone: StandaloneUnderTest;
let ca: string;
let count = 0;

beforeAll(async () => {
  standalone = await StandaloneUnderTest.start();
  ca = await readFile(standalone.endpoints.ca, 'utf8');
});
afterAll(() => standalone.dispose());

type Device = DeviceKeys & { org: string; device_id: string };
interface Problem {
  code?: string;
  token?: string;
  claim_id?: string;
}

const asAdmin = (path: string, body: object, org = 'acme') => standalone.ask<Problem>(org, 'admin', 'POST', path, body);

async function registered(org = 'acme'): Promise<Device> {
  const device = { org, device_id: `dev_${(count += 1)}`, ...(await deviceKeys()) };
  const { device_id, public_key } = device;
  await asAdmin('/gateway/v1/devices', { device_id, model: 'board', public_key }, org);
  return device;
}

/** How an upgrade with this token ends: `open`, or the status of the refusal. */
async function upgrade(token: string | undefined): Promise<number | 'open'> {
  try {
    const tunnel = await TunnelClient.open({ origin: standalone.endpoints.origin, token, ca });
    await tunnel.close();
    return 'open';
  } catch (error) {
    if (error instanceof UpgradeRefused) return error.status;
    throw error;
  }
}

/** A device that asks with a claim token. */
async function claim(token: string, more: object = {}): Promise<Answer<Problem>> {
  const { public_key } = await deviceKeys();
  const response = await fetch(new URL('/gateway/v1/devices', standalone.endpoints.http_origin), {
    method: 'POST',
    headers: { authorization: `Claim ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ device_id: `dev_${(count += 1)}`, model: 'board', public_key, ...more }),
  });
  return { status: response.status, body: (await response.json()) as Problem };
}

const newClaim = async (wish: object = {}): Promise<{ token: string; claim_id: string }> =>
  (await asAdmin('/gateway/v1/claims', wish)).body as { token: string; claim_id: string };

describe('a device’s token', () => {
  it('opens one tunnel, once', async () => {
    const device = await registered();
    const token = await deviceToken(device);
    expect(await upgrade(token)).toBe('open');
    expect(await upgrade(token)).toBe(401);
  });

  it('is refused for another device, organization or audience, out of its time, and with another key', async () => {
    const [one, other] = [await registered(), await registered('globex')];
    const now = Math.floor(Date.now() / 1000);
    const wrong = [
      deviceToken(one, { sub: 'dev_none', iss: 'dev_none' }),
      deviceToken(one, { org: 'globex' }),
      deviceToken({ ...one, org: other.org, device_id: other.device_id }),
      deviceToken(one, { aud: 'edgeflow' }),
      deviceToken(one, { iat: now - 900, exp: now - 600 }),
      deviceToken(one, { exp: now + 900 }),
      deviceToken(one, { jti: undefined }),
      deviceToken({ ...one, private_key: (await deviceKeys()).private_key }),
      standalone.token('acme', 'admin'),
    ];
    for (const token of wrong) expect(await upgrade(await token)).toBe(401);
    expect(await upgrade(undefined)).toBe(401);
  });

  it('is no use for a page in a browser', async () => {
    const token = await deviceToken(await registered());
    const socket = new WebSocket(
      `${standalone.endpoints.origin.replace('https', 'wss')}/gateway/v1/tunnel`,
      TUNNEL_PROTOCOL,
      {
        ...{ ca, origin: 'https://evil.example', headers: { authorization: `Bearer ${token}` } },
      },
    );
    const status = await new Promise((resolve) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.once('open', () => resolve('open'));
      socket.on('error', () => undefined);
    });
    expect(status).toBe(403);
  });
});

describe('a device that is revoked', () => {
  it('loses its tunnel within seconds, and gets no other', async () => {
    const device = await ScriptedDevice.online(standalone, {
      ...{ org: 'acme', device_id: 'dev_r', model: 'board', version: '1.0.0' },
    });
    expect((await asAdmin('/gateway/v1/devices/dev_r/revoke', { reason: 'stolen' }, 'globex')).status).toBe(404);
    expect((await asAdmin('/gateway/v1/devices/dev_r/revoke', { reason: 'stolen' })).status).toBe(202);
    expect(await device.tunnel.closed).toMatchObject({ code: 4403 });
    await expect(device.connect()).rejects.toMatchObject({ status: 403 });
  });
});

describe('a device’s key', () => {
  it('is changed by the device itself, with the old one, and the old one is worth nothing then', async () => {
    const device = await registered();
    const tunnel = await TunnelClient.open({
      origin: standalone.endpoints.origin,
      token: await deviceToken(device),
      ca,
    });
    tunnel.send({ type: 'hello', version: '1.0.0', model: 'board', boot_id: 'b1' });
    await tunnel.next('welcome');
    const next = await deviceKeys();
    const rotate = async (token: string) =>
      (
        await fetch(new URL(`/gateway/v1/devices/${device.device_id}/key`, standalone.endpoints.http_origin), {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ public_key: next.public_key }),
        })
      ).status;
    expect(await rotate(await deviceToken(await registered()))).toBeGreaterThanOrEqual(401);
    expect(await rotate(await deviceToken(device))).toBe(202);
    expect(await tunnel.closed).toMatchObject({ code: 4401 });
    expect(await upgrade(await deviceToken(device))).toBe(401);
    expect(await upgrade(await deviceToken({ ...device, ...next }))).toBe('open');
  });

  it('is never taken with its private half', async () => {
    const { private_key, public_key } = await deviceKeys();
    const jwk = await exportJWK(private_key).catch(() => ({ ...public_key, d: 'A'.repeat(43) }));
    const body = { device_id: 'dev_d', model: 'board', public_key: { ...public_key, d: jwk.d ?? 'A'.repeat(43) } };
    expect(await asAdmin('/gateway/v1/devices', body)).toMatchObject({ status: 400 });
  });
});

describe('a claim token', () => {
  it('lets in as many devices as it says, however many come at once', async () => {
    const { token } = await newClaim({ uses: 3 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => claim(token)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it('is for its fleet, its model and its organization, until it is revoked', async () => {
    const { token, claim_id } = await newClaim({ uses: 5, fleet: 'north', model: 'board' });
    expect(await claim(token, { model: 'other' })).toMatchObject({ status: 403, body: { code: 'claim-mismatch' } });
    expect(await claim(token, { fleet: 'south' })).toMatchObject({ status: 403, body: { code: 'claim-mismatch' } });
    expect((await claim(token.replace('.acme.', '.globex.'))).status).toBe(401);
    expect((await claim(token, { fleet: 'north' })).status).toBe(201);
    await asAdmin(`/gateway/v1/claims/${claim_id}/revoke`, { reason: 'lost' });
    expect((await claim(token)).status).toBe(401);
  });

  it('does not take over a device that is there', async () => {
    const device = await registered();
    const { token } = await newClaim({ uses: 2 });
    expect(await claim(token, { device_id: device.device_id })).toMatchObject({
      status: 409,
      body: { code: 'device-exists' },
    });
    expect(await upgrade(await deviceToken(device))).toBe('open');
  });

  it('is not guessed: who tries is sent away', async () => {
    const { token } = await newClaim({ uses: 1 });
    const [head = ''] = token.split(/\.[^.]*$/);
    const statuses: number[] = [];
    for (let n = 0; n < 60; n += 1) {
      const guess = `${head}.${Buffer.from(String(n).padStart(32, '0')).toString('base64url')}`;
      statuses.push((await claim(guess)).status);
    }
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
  });
});
