import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningService } from '@edgeflow/service-host';
import { UpgradeRefused, deviceKeys, deviceToken } from '@edgeflow/testkit';
import { ORG, World, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;
let other: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
  // So that only the hint can bring it in time.
  other = await world.gateway({ GATEWAY_ID: 'gw-2', LANE_CHECK_S: '3600' });
});
afterAll(() => world.stop());

const rotate = (device: TestDevice, public_key: object, authorization?: string) =>
  world.post(gateway, `/devices/${device.device_id}/key`, { public_key }, authorization);
const statusOf = (opening: Promise<unknown>) =>
  opening.then(
    () => 101,
    (error: unknown) => (error as UpgradeRefused).status,
  );

describe('the key of a device', () => {
  it('is replaced by an admin, once, and the one before is refused from then on', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    const fresh = await deviceKeys();
    const first = await rotate(device, fresh.public_key);
    expect(first.status).toBe(202);
    expect((await tunnel.closed).code).toBe(4401);
    expect(await rotate(device, fresh.public_key)).toEqual(first);
    expect(await world.all(device, 'DeviceKeyRotated')).toMatchObject([{ data: { rotated_by: 'ada' } }]);
    expect(await statusOf(world.tunnel(gateway, device))).toBe(401);
    await (await world.connected(gateway, { ...device, ...fresh })).close();
  });

  it('is replaced by the device itself, with a token of the key in force', async () => {
    const device = await world.device(gateway);
    const fresh = await deviceKeys();
    const token = `Bearer ${await deviceToken(device)}`;
    expect((await rotate(device, fresh.public_key, token)).status).toBe(202);
    const [event] = await world.all(device, 'DeviceKeyRotated');
    expect(event?.data.rotated_by).toBe(`device:${device.device_id}`);
    const again = await deviceKeys();
    expect((await rotate(device, again.public_key, `Bearer ${await deviceToken(device)}`)).status).toBe(401);
    const renewed = `Bearer ${await deviceToken({ ...device, ...fresh })}`;
    expect((await rotate(device, again.public_key, renewed)).status).toBe(202);
  });

  it('is what a registration is compared with', async () => {
    const device = await world.device(gateway);
    const { public_key } = await deviceKeys();
    await rotate(device, public_key);
    const wanted = { device_id: device.device_id, model: 'cam-1' };
    expect(await world.post(gateway, '/devices', { ...wanted, public_key })).toMatchObject({
      status: 200,
      body: { public_key },
    });
    const old = await world.post(gateway, '/devices', { ...wanted, public_key: device.public_key });
    expect([old.status, old.body['code']]).toEqual([409, 'device-exists']);
  });

  it("is no other device's to replace, nor another organization's, nor a revoked device's", async () => {
    const [device, neighbour] = await Promise.all([world.device(gateway), world.device(gateway)]);
    const { public_key } = await deviceKeys();
    expect((await rotate(device, public_key, `Bearer ${await deviceToken(neighbour)}`)).status).toBe(403);
    const stranger = `Bearer ${await deviceToken({ ...device, org: 'globex' })}`;
    expect((await rotate(device, public_key, stranger)).status).toBe(401);
    const eve = `Bearer ${await world.issuer.issue({ org: 'globex', role: 'admin', subject: 'eve' }, 60)}`;
    expect(await rotate(device, public_key, eve)).toMatchObject({ status: 404, body: { code: 'device-unknown' } });
    const bob = `Bearer ${await world.issuer.issue({ org: ORG, role: 'operator', subject: 'bob' }, 60)}`;
    expect((await rotate(device, public_key, bob)).status).toBe(403);
    await world.post(gateway, `/devices/${device.device_id}/revoke`, {});
    expect(await rotate(device, public_key)).toMatchObject({ status: 409, body: { code: 'device-revoked' } });
  });

  it('opens no other route', async () => {
    const device = await world.device(gateway);
    const bearer = `Bearer ${await deviceToken(device)}`;
    expect((await world.post(gateway, `/devices/${device.device_id}/revoke`, {}, bearer)).status).toBe(401);
  });
});

describe('a tunnel at another gateway', () => {
  it('ends when its device is revoked', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(other, device);
    await world.post(gateway, `/devices/${device.device_id}/revoke`, {});
    expect((await tunnel.closed).code).toBe(4403);
  });

  it('ends when its device gets another key', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(other, device);
    await rotate(device, (await deviceKeys()).public_key);
    expect((await tunnel.closed).code).toBe(4401);
  });

  it('stays when somebody only claims that its device is revoked', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(other, device);
    await world.hint(device, 'DeviceRevoked');
    tunnel.send({ type: 'url', update_id: 'upd-none' });
    await tunnel.next('error');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(tunnel.socket.readyState).toBe(tunnel.socket.OPEN);
    await tunnel.close();
  });
});
