import { randomUUID } from 'node:crypto';
import { deviceStream, updateStream, type StoredEvent } from '@edgeflow/contracts';
import { isOfDevice, unknownDevice, updateDecider } from '@edgeflow/device-update';
import type { RunningService } from '@edgeflow/service-host';
import { eventHeaders, headOf } from '@edgeflow/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World, type TestDevice } from '../testing/world.fixture.js';

let world: World;
let gateway: RunningService;

beforeAll(async () => {
  world = await World.start();
  gateway = await world.gateway({ LANE_CHECK_S: '0.5' });
});
afterAll(() => world.stop());

/** Has an event of presence stored as gateways before sessions wrote it: version 1, of a tunnel. */
async function before(
  { org, device_id }: TestDevice,
  type: 'DeviceConnected' | 'DeviceDisconnected',
  said: { tunnel_id: string; gateway_id?: string },
): Promise<void> {
  const hello = { model: 'cam-1', version: '1.0.0', boot_id: 'boot-1' };
  const more = type === 'DeviceConnected' ? hello : { close_code: 1006, reason: 'connection-lost' };
  await world.raw([
    {
      subject: `ota.${org}.device.${device_id}.${type}`,
      head: headOf(eventHeaders(type, `evt-${randomUUID()}`)),
      body: JSON.stringify({ device_id, gateway_id: 'gw-old', ...said, ...more }),
    },
  ]);
}

/** What is known of the device by its streams. */
async function known(device: TestDevice) {
  const events: StoredEvent[] = [
    ...(await world.log.read(deviceStream(device))),
    ...(await world.log.read(updateStream(device))),
  ];
  return events
    .toSorted((a, b) => a.position - b.position)
    .filter(isOfDevice)
    .reduce(updateDecider.evolve, unknownDevice);
}

describe('a tunnel of a gateway of the release before', () => {
  it('ends by the goodbye that a newer gateway of its id says for it', async () => {
    const device = await world.device(gateway);
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-killed', gateway_id: 'gw-killed' });
    expect((await known(device)).presence).toMatchObject({ status: 'online', session_id: 'tun-killed' });
    await world.gateway({ GATEWAY_ID: 'gw-killed' });
    const goodbye = await world.recorded(device, 'DeviceDisconnected');
    expect(goodbye.data).toMatchObject({ session_id: 'tun-killed', protocol: 'edgeflow.ota.v1', close_code: 1006 });
    expect((await known(device)).presence).toEqual({ status: 'offline' });
  });

  it('ends by its own goodbye, and takes no newer session with it', async () => {
    const device = await world.device(gateway);
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-1' });
    await before(device, 'DeviceDisconnected', { tunnel_id: 'tun-1' });
    expect((await known(device)).presence).toEqual({ status: 'offline' });
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-2' });
    const tunnel = await world.connected(gateway, device);
    const { session_id } = (await world.all(device, 'DeviceConnected')).at(-1)!.data;
    await before(device, 'DeviceDisconnected', { tunnel_id: 'tun-2' });
    expect((await known(device)).presence).toMatchObject({ status: 'online', session_id });
    const { data } = await world.dispatch(device);
    expect((await tunnel.next('update')).update_id).toBe(data.update_id);
    await tunnel.close();
  });

  it('replaces a newer session when its device goes back to it', async () => {
    const device = await world.device(gateway);
    const tunnel = await world.connected(gateway, device);
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-back' });
    expect((await tunnel.closed).code).toBe(4409);
    await world.recorded(device, 'DeviceDisconnected');
    expect((await known(device)).presence).toMatchObject({ status: 'online', session_id: 'tun-back' });
  });

  it('has said the boot: a device that reboots over the upgrade has rebooted once, and its update goes by that', async () => {
    const device = await world.device(gateway);
    const first = await world.connected(gateway, device);
    await first.close();
    await world.recorded(device, 'DeviceDisconnected');
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-4' });
    const { data } = await world.dispatch(device, { from_boot_id: 'boot-1' });
    const same = await world.connected(gateway, device);
    expect(await world.all(device, 'DeviceVersionReported')).toHaveLength(1);
    await same.next('update');
    same.send({ type: 'progress', update_id: data.update_id, phase: 'installing', progress: 90 });
    await world.recorded(device, 'DeviceProgressReported');
    await same.close();
    await before(device, 'DeviceConnected', { tunnel_id: 'tun-5' });
    const back = await world.connected(gateway, device, { boot_id: 'boot-2' });
    expect((await known(device)).update).toMatchObject({ ending: { code: 'came-back-on-old-version' } });
    expect(back.frames.map(({ type }) => type)).not.toContain('update');
    await back.close();
  });
});
