import { deviceStream, updateStream } from '@edgeflow/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address } from '@edgeflow/contracts';
import type { RunningService } from '@edgeflow/service-host';
import { deviceKeys, poisonFor, type PoisonMessage } from '@edgeflow/testkit';
import { ORG, World, hello, type TestDevice } from './testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway();
});
afterAll(() => world.stop());

const of = (device: TestDevice, type: string, entity: 'device' | 'update' = 'device'): Address => ({
  ...(entity === 'device' ? deviceStream(device) : updateStream(device)),
  type,
});
/** An event of a version that a release of tomorrow writes. */
const newer = (address: Address): PoisonMessage[] =>
  poisonFor(address, {}).filter(({ name }) => name === 'version 999');
const typesOf = async (device: TestDevice): Promise<string[]> =>
  (await world.log.read(deviceStream(device))).map(({ type }) => type);

/** What a gateway writes for a tunnel before it is killed. */
async function connectedTo(gateway_id: string, device: TestDevice): Promise<void> {
  const { type: _, ...said } = hello();
  const data = {
    device_id: device.device_id,
    session_id: `ses-${randomUUID()}`,
    gateway_id,
    protocol: 'edgeflow.ota.v1',
    ...said,
  };
  await world.append(deviceStream(device), { type: 'DeviceConnected', data });
}

describe('a gateway', () => {
  it('starts again after a kill, whatever stands in the streams of its devices, and says goodbye in each', async () => {
    const devices = await Promise.all(Array.from({ length: 30 }, () => world.device(gateway)));
    for (const device of devices) await connectedTo('gw-killed', device);
    await world.raw(devices.slice(0, 20).flatMap((device) => newer(of(device, 'DeviceVersionReported'))));
    await world.raw(poisonFor(of(devices[25]!, 'DeviceConnected'), {}));
    await world.raw(newer(of(devices[26]!, 'DeviceDisconnected')));
    await world.gateway({ GATEWAY_ID: 'gw-killed' });
    // They are said once devices are let in again. Of the one whose newest presence cannot be read nobody knows whose it is.
    const known = devices.filter((_, index) => index !== 25);
    for (const device of known) await world.recorded(device, 'DeviceDisconnected');
    for (const [index, device] of devices.entries()) {
      expect(await world.all(device, 'DeviceDisconnected')).toHaveLength(index === 25 ? 0 : 1);
    }
    const tunnels = await Promise.all(devices.map((device) => world.connected(gateway, device)));
    for (const tunnel of tunnels) await tunnel.close();
  });
});

describe('a device in whose streams every kind of poison stands', () => {
  it('connects, is offered its update, and reports; no try writes anything twice', async () => {
    const device = await world.device(gateway);
    await world.raw(poisonFor(of(device, 'DeviceVersionReported'), {}));
    await world.raw(poisonFor(of(device, 'UpdateQueued', 'update'), {}));
    await (await world.connected(gateway, device)).close();
    await world.recorded(device, 'DeviceDisconnected');
    expect(await typesOf(device)).toEqual([
      'DeviceRegistered',
      'DeviceConnected',
      'DeviceVersionReported',
      'DeviceDisconnected',
    ]);
    const tunnel = await world.connected(gateway, device);
    expect((await typesOf(device)).slice(4)).toEqual(['DeviceConnected']);
    const { data } = await world.dispatch(device);
    expect(await tunnel.next('update')).toMatchObject({ update_id: data.update_id });
    await world.raw(poisonFor(of(device, 'DeviceVersionReported'), {}));
    await world.raw(poisonFor(of(device, 'UpdateQueued', 'update'), {}));
    tunnel.send({ type: 'failed', update_id: data.update_id, code: 'checksum-mismatch', message: '' });
    expect((await world.recorded(device, 'DeviceUpdateReported')).data).toMatchObject({ code: 'checksum-mismatch' });
    await tunnel.close();
  });

  it('is not told of an update that has ended in words that are not known, nor of one that cannot be read', async () => {
    const device = await world.device(gateway);
    await world.dispatch(device);
    await world.raw(newer(of(device, 'UpdateCancelled', 'update')));
    const tunnel = await world.connected(gateway, device);
    tunnel.send('{"type":"telemetry"}');
    await tunnel.next('error');
    await world.raw(newer(of(device, 'UpdateDispatched', 'update')));
    const again = await world.dispatch(device, { number: 3 });
    expect(await tunnel.next('update')).toMatchObject({ update_id: again.data.update_id });
    expect(tunnel.frames.filter(({ type }) => type === 'update')).toHaveLength(1);
    await tunnel.close();
  });
});

describe('what must not be believed away', () => {
  it('counts though it cannot be read: a revoked device stays out, and is not registered anew', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    await world.raw(newer(of(device, 'DeviceRevoked')));
    expect((await tunnel.closed).code).toBe(4403);
    expect(await world.tunnel(gateway, device).catch((error: unknown) => error)).toMatchObject({ status: 403 });
    const { device_id, public_key } = device;
    expect(await world.post(gateway, '/devices', { device_id, model: 'cam-1', public_key })).toMatchObject({
      status: 409,
      body: { code: 'device-revoked' },
    });
  });

  it('counts though it cannot be read: the key before a rotation is not taken, until there is a new one', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    await world.raw(newer(of(device, 'DeviceKeyRotated')));
    expect((await tunnel.closed).code).toBe(4401);
    expect(await world.tunnel(gateway, device).catch((error: unknown) => error)).toMatchObject({ status: 401 });
    const keys = await deviceKeys();
    const rotation = { public_key: keys.public_key };
    expect(await world.post(gateway, `/devices/${device.device_id}/key`, rotation)).toMatchObject({ status: 202 });
    await (await world.connected(gateway, { ...device, ...keys })).close();
  });

  it('counts though it cannot be read: whose registration it is, nobody else registers', async () => {
    const device_id = `dev-${randomUUID()}`;
    await world.raw(newer({ org: ORG, entity: 'device', entity_id: device_id, type: 'DeviceRegistered' }));
    const { public_key } = await deviceKeys();
    expect(await world.post(gateway, '/devices', { device_id, model: 'cam-1', public_key })).toMatchObject({
      status: 409,
      body: { code: 'device-exists' },
    });
  });
});
