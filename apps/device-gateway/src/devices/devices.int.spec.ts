import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { deviceKeys } from '@edgeflow/testkit';
import { ORG, World } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

async function registration(more: object = {}) {
  const { public_key } = await deviceKeys();
  return { device_id: `dev-${randomUUID()}`, model: 'cam-1', public_key, ...more };
}
const inLog = (device_id: string) => world.log.read({ org: ORG, entity: 'device', entity_id: device_id });

describe('registering a device', () => {
  it('writes it to the log, once', async () => {
    const wanted = await registration({ fleet: 'north', tags: ['lab'] });
    const first = await world.post(gateway, '/devices', wanted);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ ...wanted, registered_by: 'ada' });
    const again = await world.post(gateway, '/devices', wanted);
    expect(again).toEqual({ status: 200, body: first.body });
    const events = await inLog(wanted.device_id);
    expect(events).toMatchObject([{ type: 'DeviceRegistered', data: wanted, position: first.body['position'] }]);
  });

  it('writes it once when two say so at the same time', async () => {
    const wanted = await registration();
    const answers = await Promise.all([1, 2, 3].map(() => world.post(gateway, '/devices', wanted)));
    expect(new Set(answers.map(({ body }) => body['position'])).size).toBe(1);
    expect(await inLog(wanted.device_id)).toHaveLength(1);
  });

  it('is open to a device with a claim token, in the org of the token', async () => {
    const claim = await world.issuer.issueClaim('globex', 60);
    const wanted = await registration();
    const { status, body } = await world.post(gateway, '/devices', wanted, `Claim ${claim}`);
    expect(status).toBe(201);
    expect(body['registered_by']).toBe('claim:globex');
    expect(await inLog(wanted.device_id)).toEqual([]);
  });

  it.each(['publisher', 'operator', 'viewer'] as const)('is not for a %s', async (role) => {
    const token = await world.issuer.issue({ org: ORG, role, subject: 'bob' }, 60);
    expect((await world.post(gateway, '/devices', await registration(), `Bearer ${token}`)).status).toBe(403);
  });

  it('is refused with another key or another model', async () => {
    const wanted = await registration();
    await world.post(gateway, '/devices', wanted);
    const { public_key } = await deviceKeys();
    for (const other of [{ public_key }, { model: 'cam-2' }]) {
      const { status, body } = await world.post(gateway, '/devices', { ...wanted, ...other });
      expect([status, body['code']]).toEqual([409, 'device-exists']);
    }
  });

  it.each([
    ['a device_id that is none', { device_id: 'a/b' }],
    ['a device_id that no URL can name', { device_id: '..' }],
    ['a device_id with what stands for a dot in subjects', { device_id: 'a~b' }],
    ['a private key', { public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), d: 'c2VjcmV0' } }],
    ['a key of another curve', { public_key: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) } }],
    ['a key of another length', { public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(42) } }],
    ['a key in another spelling', { public_key: { kty: 'OKP', crv: 'Ed25519', x: 'B'.repeat(43) } }],
    ['no key', { public_key: undefined }],
    ['several keys', { public_key: [{ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }] }],
    ['a model that is none', { model: '' }],
    ['tags that are none', { tags: ['a b'] }],
  ])('is refused with %s', async (_, wrong) => {
    const { status, body } = await world.post(gateway, '/devices', await registration(wrong));
    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(JSON.stringify(body)).not.toContain('c2VjcmV0');
  });
});

describe('revoking a device', () => {
  it('is written once, and the device does not come back', async () => {
    const wanted = await registration();
    await world.post(gateway, '/devices', wanted);
    const path = `/devices/${wanted.device_id}/revoke`;
    const first = await world.post(gateway, path, { reason: 'stolen' });
    expect(first.status).toBe(202);
    expect(await world.post(gateway, path)).toEqual(first);
    const [, event] = await inLog(wanted.device_id);
    expect(event).toMatchObject({ type: 'DeviceRevoked', data: { reason: 'stolen', revoked_by: 'ada' } });
    const back = await world.post(gateway, '/devices', wanted);
    expect([back.status, back.body['code']]).toEqual([409, 'device-revoked']);
  });

  it('is refused for a device that nobody knows, and to a claim token', async () => {
    const unknown = await world.post(gateway, '/devices/nobody/revoke', {});
    expect([unknown.status, unknown.body['code']]).toEqual([404, 'device-unknown']);
    const claim = await world.issuer.issueClaim(ORG, 60);
    expect((await world.post(gateway, '/devices/nobody/revoke', {}, `Claim ${claim}`)).status).toBe(401);
  });

  it('ends the tunnel of the device', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    await world.post(gateway, `/devices/${device.device_id}/revoke`, {});
    expect(await tunnel.next('error')).toMatchObject({ code: 'revoked' });
    expect((await tunnel.closed).code).toBe(4403);
    const goodbye = await world.recorded(device, 'DeviceDisconnected');
    expect(goodbye.data).toMatchObject({ close_code: 4403, reason: 'revoked' });
  });

  it('ends its tunnel at another gateway too', async () => {
    const other = await world.gateway({ GATEWAY_ID: 'gw-other', LANE_CHECK_S: '0.2' });
    const device = await world.device(gateway);
    const tunnel = await world.connected(other, device);
    await world.post(gateway, `/devices/${device.device_id}/revoke`, {});
    expect((await tunnel.closed).code).toBe(4403);
  });
});
